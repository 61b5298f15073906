import BgdemoFoundations
public import Resque

/// Puts events on the bus: into the queue `bus_incoming`, where a driver of any language finds them.
public struct Publisher: Sendable {
    /// The queue in which events wait for a driver.
    public static let incoming = "bus_incoming"
    /// The class of every job on the bus, and whom its `bus_class_proxy` may name.
    static let worker = "QueueBus::Worker"
    static let driver = "QueueBus::Driver"
    static let later = "QueueBus::Publisher"

    private let queue: Queue
    private let hostname: String

    /// - Parameter hostname: For `bus_app_hostname`; this machine's, unless said otherwise.
    public init(_ queue: Queue, hostname: String? = nil) {
        self.queue = queue
        self.hostname = hostname ?? BusClock.hostname
    }

    /// Publishes an event. Returns when it is in `bus_incoming`.
    ///
    /// - Returns: The event as it was published, `bus_id` and all.
    @discardableResult
    public func publish(_ type: String, _ attributes: BusEvent = BusEvent()) async throws -> BusEvent {
        var event = stamped(type, at: BusClock.now)
        event.merge(attributes)
        event.set("bus_class_proxy", Self.driver)
        try await queue.enqueue(Self.job(event, queue: Self.incoming))
        return event
    }

    /// Publishes an event at this second since 1970. Returns when it is among the delayed jobs; a scheduler of any
    /// language brings it to the bus.
    @discardableResult
    public func publish(_ type: String, _ attributes: BusEvent = BusEvent(), at second: Int) async throws -> BusEvent {
        var event = stamped(type, at: nil)
        event.merge(attributes)
        if !event.has("bus_delayed_until") { event.set("bus_delayed_until", second) }
        event.set("bus_class_proxy", Self.later)
        try await queue.enqueueAt(second, Self.job(event, queue: Self.incoming))
        return event
    }

    /// Publishes an event when this time has passed, never earlier.
    @discardableResult
    public func publish(_ type: String, _ attributes: BusEvent = BusEvent(), in delay: Duration) async throws
        -> BusEvent
    {
        let seconds = (delay / .seconds(1)).rounded(.up)
        return try await publish(type, attributes, at: BusClock.now + 1 + Int(min(max(seconds, 0), 1e10)))
    }

    /// What the bus knows of an event. Where an event has such an attribute, its own counts.
    ///
    /// - Parameter second: When it is published; nil where that is yet to come.
    private func stamped(_ type: String, at second: Int?) -> BusEvent {
        var event = BusEvent()
        if let second { event.set("bus_published_at", second) }
        event.set("bus_event_type", type)
        event.set("bus_id", "\(second ?? BusClock.now)-\(BusClock.uuid)")
        event.set("bus_app_hostname", hostname)
        return event
    }

    /// An event whose time has come, published now, as a driver is to have it.
    static func released(_ event: BusEvent) -> BusEvent {
        var released = BusEvent()
        released.set("bus_published_at", BusClock.now)
        released.merge(event)
        released.set("bus_class_proxy", driver)
        return released
    }

    /// An event as a job: its JSON is the only argument, as a string.
    static func job(_ event: BusEvent, queue: String) -> Job {
        let json = event.json
        var arguments = JSONWriter(capacity: json.count * 5 / 4)
        arguments.raw("[\"")
        arguments.characters(json)
        arguments.raw("\"]")
        return Job(worker, JobArguments(validated: arguments.bytes), queue: queue)
    }
}
