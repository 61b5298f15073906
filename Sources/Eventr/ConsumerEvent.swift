import BgdemoFoundations
public import Logging

/// What happens to a consumer. The first five are the talk's.
public enum ConsumerEvent: Sendable {
    /// An event was found, and is handled next.
    case event(Event)
    /// The partition is asked for events.
    case poll(partition: Int)
    /// There is nothing to do: it waits to be woken.
    case pause
    /// A handler is done with an event.
    case success(handler: String, Event, result: any Sendable)
    /// A handler failed, or Redis did; of the latter one line is told until it is back.
    case error(handler: String?, Event?, any Error)
    /// The handler will try the event again.
    case retry(handler: String, Event.Place, failures: Int, after: Duration)
    /// The handler has failed for good: event and error are in the dead list.
    case dead(handler: String, Event.Place, any Error)
    /// Events that another process had taken come to this one, because that process is dead or left in haste.
    case takeover(partition: Int, events: Int)
    /// Events that this process had taken were given to another, or to a replay: it was silent for too long.
    case lost(partition: Int)
    /// These events were trimmed before the consumer had read them; nobody will.
    case gap(partition: Int, events: Int)

    /// Writes it as a log line that begins with its name.
    public func log(to logger: Logger, consumer: String) {
        func log(_ level: Logger.Level, _ message: @autoclosure () -> Logger.Message, _ place: Event.Place? = nil) {
            guard level >= logger.logLevel else { return }
            var metadata: Logger.Metadata = ["consumer": "\(consumer)"]
            if let place { metadata["place"] = "\(place)" }
            logger.log(level: level, message(), metadata: metadata)
        }
        switch self {
        case .event(let event): log(.debug, "event \(event)", event.place)
        case .poll(let partition): log(.trace, "poll \(partition)")
        case .pause: log(.debug, "pause")
        case .success(let handler, let event, let result): log(.info, "success \(handler) >> \(result)", event.place)
        case .error(let handler?, let event, let error): log(.error, "error \(handler) >> \(error)", event?.place)
        case .error(nil, let event, let error): log(.error, "error >> \(error)", event?.place)
        case .retry(let handler, let place, let failures, let delay):
            log(.notice, "retry \(handler) after \(delay.milliseconds) ms, failed \(failures) times", place)
        case .dead(let handler, let place, let error): log(.error, "dead \(handler) >> \(error)", place)
        case .takeover(let partition, let events):
            log(.notice, "takeover of \(events) events of partition \(partition)")
        case .lost(let partition):
            log(.warning, "lost events of partition \(partition) to another process: they may be handled twice")
        case .gap(let partition, let events):
            log(.error, "gap: \(events) events of partition \(partition) were trimmed unread")
        }
    }
}
