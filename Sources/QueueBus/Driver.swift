import Logging
import Metrics
import RedisClient
import Resque

/// Fans an event out: one copy for the queue of every subscription that matches.
///
/// The copies of an event are pushed in the very step that says that its job is done, so that a driver that dies, or that
/// was taken for dead, has pushed all or none, and whoever drives the event again pushes none twice.
final class Driver: Sendable {
    private let subscriptions: SubscriptionCache
    private let logger: Logger
    private let driven = Counter(label: "queuebus_events_driven_total")
    private let delivered = Counter(label: "queuebus_deliveries_total")
    private let unheard = Counter(label: "queuebus_events_unheard_total")

    init(redis: any RedisCommands, namespace: String, logger: Logger) {
        subscriptions = SubscriptionCache(Subscriptions(redis: redis, namespace: namespace), logger: logger)
        self.logger = logger
    }

    /// The copies, which are to be pushed together.
    func drive(_ event: BusEvent) async throws -> FollowUps {
        let matching = try await subscriptions.current().filter { isFor($0, event) }
        driven.increment()
        delivered.increment(by: matching.count)
        if matching.isEmpty {
            unheard.increment()
            logger.warning(
                "nobody is subscribed to \(event.type ?? "an event without a type")",
                metadata: ["bus_id": "\(event.id ?? "")"])
        }
        let fanout = Fanout(of: event)
        return FollowUps(matching.map { fanout.copy(for: $0.subscription, of: $0.application) })
    }
    private func isFor(_ entry: SubscriptionCache.Entry, _ event: BusEvent) -> Bool {
        if let isMatch = entry.subscription.matcher.evaluate(event) { return isMatch }
        logger.warning(
            """
            \(entry.application) does not get an event: whether it matches \(entry.subscription.matcher) takes too long \
            to find out
            """, metadata: ["bus_id": "\(event.id ?? "")", "subscription": "\(entry.subscription.key)"])
        return false
    }
}
