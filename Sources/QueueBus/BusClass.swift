import BgdemoFoundations

/// The Ruby classes of the bus, as jobs name them. A name may begin with `::`.
///
/// All jobs of queue-bus have the class `QueueBus::Worker`; their `bus_class_proxy` names one of the others. Jobs of
/// resque-bus before it was split have the class itself, and the attributes as an object. Its classes are called
/// `ResqueBus::…`, and queue-bus still performs them.
enum BusClass: String, CaseIterable {
    /// Delivers an event to the queues of its subscribers.
    case driver = "Driver"
    /// Handles an event for one subscription.
    case rider = "Rider"
    /// Publishes an event whose time has come.
    case publisher = "Publisher"
    /// Publishes an event for each minute.
    case heartbeat = "Heartbeat"

    /// The class of every job that is written now.
    static let worker = "QueueBus::Worker"
    private static let modules = ["QueueBus::", "::QueueBus::", "ResqueBus::", "::ResqueBus::"]

    /// As this library writes it.
    var name: String { "QueueBus::\(rawValue)" }

    /// As other programs may write it.
    var names: [String] { Self.modules.map { $0 + rawValue } }

    /// The class of a `bus_class_proxy`; nil if it is not one of the bus.
    init?(name: String) {
        guard let known = Self.allCases.first(where: { $0.names.contains { $0.hasSameBytes(as: name) } }) else {
            return nil
        }
        self = known
    }
}
