import Logging
import Metrics
import Redis
import Resque

/// Fans an event out: one copy for the queue of every subscription that matches.
///
/// The copies of an event are pushed in the very step that says that its job is done, so that a driver that dies, or that
/// was taken for dead, has pushed all or none, and whoever drives the event again pushes none twice.
final class Driver: Sendable {
    private let roster: Roster
    private let logger: Logger
    private let driven = Counter(label: "queuebus_events_driven_total")
    private let delivered = Counter(label: "queuebus_deliveries_total")
    private let unheard = Counter(label: "queuebus_events_unheard_total")

    init(redis: any RedisCommands, namespace: String, logger: Logger) {
        roster = Roster(Subscriptions(redis: redis, namespace: namespace), logger: logger)
        self.logger = logger
    }

    /// The copies, which are to be pushed together.
    func drive(_ event: Event) async throws -> FollowUps {
        let matching = try await roster.current().filter { $0.subscription.matcher.matches(event) }
        driven.increment()
        delivered.increment(by: matching.count)
        if matching.isEmpty {
            unheard.increment()
            logger.warning(
                "nobody is subscribed to \(event.type ?? "an event without a type")",
                metadata: ["bus_id": "\(event.id ?? "")"])
        }
        return FollowUps(
            matching.map { application, subscription in
                let copy = Self.copy(of: event, for: subscription, of: application)
                return Publisher.job(copy, queue: subscription.queueName)
            })
    }

    private static func copy(of event: Event, for subscription: Subscription, of application: String) -> Event {
        var front = Event()
        front.set("bus_driven_at", Clock.now)
        front.set("bus_rider_queue", subscription.queueName)
        front.set("bus_rider_app_key", application)
        front.set("bus_rider_sub_key", subscription.key)
        front.set("bus_rider_class_name", subscription.className)
        var copy = front.merging(event)
        copy.set("bus_class_proxy", subscription.className)
        return copy
    }
}
