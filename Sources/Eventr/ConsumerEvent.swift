import BgdemoFoundations
public import Logging

/// What happens to a consumer. The first five are the talk's.
public enum ConsumerEvent: Sendable {
    /// An event was found, and is handled next.
    case event(Event)
    /// The partition is asked for events.
    case poll(partition: Int)
    /// There is nothing to do; the consumer waits for a notification.
    case pause
    /// A handler has handled an event.
    case success(handler: String, Event, result: any Sendable)
    /// A handler failed, or Redis did. A Redis outage is reported once, not for each request.
    case error(handler: String?, Event?, any Error)
    /// The handler will try the event again.
    case retry(handler: String, Event.Place, failures: Int, after: Duration)
    /// The handler will try the event again, because of an outage that is no fault of the event.
    case postponed(handler: String, Event.Place, any Error, after: Duration)
    /// The handler has given up. The event and the error are in the dead list.
    case dead(handler: String, Event.Place, any Error)
    /// This process took over events of another one, which is dead or stopped before it was done.
    case takeover(partition: Int, events: Int)
    /// Another process, or a replay, has the events that this process had taken, because it was silent for too long.
    case lost(partition: Int)
    /// These events were deleted before the consumer had read them.
    case gap(partition: Int, events: Int)
    /// A replay has moved the running consumer: it continues with the first event of this partition.
    case replay(partition: Int)

    /// Writes it to the log: a fixed sentence, and the values as metadata.
    public func log(to logger: Logger, consumer: String) {
        guard level >= logger.logLevel else { return }
        var metadata = metadata
        metadata["consumer"] = "\(consumer)"
        logger.log(level: level, message, metadata: metadata)
    }

    private var level: Logger.Level {
        switch self {
        case .poll: .trace
        case .event, .pause, .postponed: .debug
        case .success: .info
        case .retry, .takeover, .replay: .notice
        case .lost: .warning
        case .error, .dead, .gap: .error
        }
    }

    private var message: Logger.Message {
        switch self {
        case .event: "event"
        case .poll: "poll"
        case .pause: "pause"
        case .success: "success"
        case .error(nil, _, _): "error: a request to Redis failed"
        case .error: "error: a handler failed"
        case .retry: "retry: the handler will try the event again"
        case .postponed: "postponed: the handler will try the event again after an outage"
        case .dead: "dead: the handler has given up, and the event is in the dead list"
        case .takeover: "takeover of events of another process"
        case .lost: "lost events to another process; they may be handled twice"
        case .gap: "gap: events were deleted before they were read"
        case .replay: "replay: the consumer continues from another place"
        }
    }

    private var metadata: Logger.Metadata {
        switch self {
        case .event(let event): ["event": "\(event)", "place": "\(event.place)"]
        case .poll(let partition), .lost(let partition), .replay(let partition): ["partition": "\(partition)"]
        case .pause: [:]
        case .success(let handler, let event, let result):
            ["handler": "\(handler)", "place": "\(event.place)", "result": "\(printable("\(result)", limit: 1000))"]
        case .error(let handler, let event, let error):
            Self.described(handler, event?.place, error)
        case .dead(let handler, let place, let error): Self.described(handler, place, error)
        case .postponed(let handler, let place, let error, let delay):
            Self.described(handler, place, error).merging(["delay": "\(delay.milliseconds) ms"]) { $1 }
        case .retry(let handler, let place, let failures, let delay):
            [
                "handler": "\(handler)", "place": "\(place)", "failures": "\(failures)",
                "delay": "\(delay.milliseconds) ms",
            ]
        case .takeover(let partition, let events), .gap(let partition, let events):
            ["partition": "\(partition)", "events": "\(events)"]
        }
    }

    private static func described(
        _ handler: String?, _ place: Event.Place?, _ error: any Error
    ) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["error": "\(printable("\(error)", limit: 1000))"]
        if let handler { metadata["handler"] = "\(printable(handler, limit: 200))" }
        if let place { metadata["place"] = "\(place)" }
        return metadata
    }
}
