import BgdemoFoundations
import BgdemoTraceContext
public import Resque

/// Publishes events: into the queue `bus_incoming`, where a driver of any language finds them.
public struct Publisher: Sendable {
    /// The queue in which events wait for a driver.
    public static let incoming = "bus_incoming"

    /// The longest delay, in seconds: about 300 years.
    private static let longestDelay = 1e10

    private let queue: Queue
    private let hostname: String

    /// - Parameter hostname: The value of `bus_app_hostname`. Default: the name of this host.
    public init(_ queue: Queue, hostname: String? = nil) {
        self.queue = queue
        self.hostname = hostname ?? BusClock.hostname
    }

    /// Publishes an event. Returns when it is in `bus_incoming`.
    ///
    /// - Parameters:
    ///   - type: What happened: `user_created`.
    ///   - attributes: What else is known. Attributes of the bus, such as `bus_id`, replace those that are generated.
    /// - Returns: The event as it was published, with its `bus_id`.
    /// - Throws: What `Queue.enqueue` throws.
    @discardableResult
    public func publish(_ type: String, _ attributes: BusEvent = BusEvent()) async throws -> BusEvent {
        try await traced(type) { fields in
            let event = event(type, attributes).carrying(fields)
            try await queue.enqueue(Self.job(event, queue: Self.incoming))
            return event
        }
    }

    /// The attributes of a trace are a rider's, too: it may be in a program that reads no others.
    private func traced(
        _ type: String, _ publish: (TraceFields) async throws -> BusEvent
    ) async throws -> BusEvent {
        guard let tracing = queue.tracing else { return try await publish(TraceFields()) }
        return try await tracing.with(system: "queuebus").send(to: type) { try await publish($0) }
    }

    /// Publishes an event later. Returns when it is among the delayed jobs; a scheduler of any language moves it to the bus.
    ///
    /// - Parameter second: When to publish it, in seconds since 1970.
    /// - Returns: The event as it will be published.
    /// - Throws: What `Queue.enqueueAt` throws.
    @discardableResult
    public func publish(
        _ type: String, _ attributes: BusEvent = BusEvent(), at second: Int
    ) async throws -> BusEvent {
        var event = stamped(type, at: nil)
        event.merge(attributes)
        if !event.has("bus_delayed_until") { event.set("bus_delayed_until", second) }
        event.set("bus_class_proxy", BusClass.publisher.name)
        return try await traced(type) { [event] fields in
            let event = event.carrying(fields)
            try await queue.enqueueAt(second, Self.job(event, queue: Self.incoming))
            return event
        }
    }

    /// Publishes an event after a delay, and never earlier.
    ///
    /// - Parameter delay: Rounded up to whole seconds; from now on by the clock of Redis, which the schedulers follow.
    /// - Returns: The event as it will be published.
    /// - Throws: What `Queue.enqueueAt` throws.
    @discardableResult
    public func publish(
        _ type: String, _ attributes: BusEvent = BusEvent(), in delay: Duration
    ) async throws -> BusEvent {
        let seconds = (delay / .seconds(1)).rounded(.up)
        let now = try await queue.time()
        return try await publish(type, attributes, at: now + 1 + Int(min(max(seconds, 0), Self.longestDelay)))
    }

    /// The job that publishes an event.
    func job(for type: String, _ attributes: BusEvent) -> Job {
        Self.job(event(type, attributes), queue: Self.incoming)
    }

    private func event(_ type: String, _ attributes: BusEvent) -> BusEvent {
        var event = stamped(type, at: BusClock.now)
        event.merge(attributes)
        event.set("bus_class_proxy", BusClass.driver.name)
        return event
    }

    /// The attributes that the bus adds.
    ///
    /// - Parameter second: When it is published; nil if it is published later.
    private func stamped(_ type: String, at second: Int?) -> BusEvent {
        var event = BusEvent()
        if let second { event.set("bus_published_at", second) }
        event.set("bus_event_type", type)
        event.set("bus_id", "\(second ?? BusClock.now)-\(BusClock.uuid)")
        event.set("bus_app_hostname", hostname)
        return event
    }

    /// An event whose time has come, as a driver gets it.
    static func released(_ event: BusEvent) -> BusEvent {
        var released = BusEvent()
        released.set("bus_published_at", BusClock.now)
        released.merge(event)
        released.set("bus_class_proxy", BusClass.driver.name)
        return released
    }

    /// An event as a job: its JSON is the only argument, as a string.
    static func job(_ event: BusEvent, queue: String) -> Job {
        Job(BusClass.worker, JobArguments(string: event.json), queue: queue)
    }
}

extension BusEvent {
    /// The event with what it carries of a trace.
    fileprivate func carrying(_ fields: TraceFields) -> BusEvent {
        var event = self
        for (name, value) in fields.fields { event.set(name, value) }
        return event
    }
}
