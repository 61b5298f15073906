import BgdemoFoundations
import Logging
import Metrics
import RedisClient
import Resque

/// Delivers an event: one copy for the queue of each matching subscription.
///
/// The copies are pushed in the same step that completes the job. A driver that dies, or is taken for dead, has pushed all of
/// them or none, and no copy is pushed twice.
final class Driver: Sendable {
    /// Bytes of an event that is large enough to let other tasks of this thread run between two subscriptions.
    private static let largeEvent = 10_000

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
        var matching: [SubscriptionCache.Entry] = []
        let isLarge = event.size > Self.largeEvent
        let entries = try await subscriptions.current()
        for entry in entries {
            if isMatch(entry, event) { matching.append(entry) }
            // With a large event each regular expression may take a tenth of a second.
            if isLarge { await Task.yield() }
        }
        driven.increment()
        delivered.increment(by: matching.count)
        // Where other filters of a subscription to events of this type do not match, somebody is subscribed to them.
        if matching.isEmpty, await !isSubscribed(entries, to: event) {
            unheard.increment()
            logger.warning(
                "no subscription matches the event",
                metadata: [
                    "bus_event_type": "\(printable(event.type ?? "", limit: 200))",
                    "bus_id": "\(printable(event.id ?? "", limit: 100))",
                ])
        }
        let fanout = Fanout(of: event)
        return FollowUps(matching.map { fanout.copy(for: $0.subscription, of: $0.application) })
    }

    private func isSubscribed(_ entries: [SubscriptionCache.Entry], to event: BusEvent) async -> Bool {
        for entry in entries {
            if entry.subscription.matcher.wantsType(of: event) { return true }
            if event.size > Self.largeEvent { await Task.yield() }
        }
        return false
    }

    private func isMatch(_ entry: SubscriptionCache.Entry, _ event: BusEvent) -> Bool {
        if let isMatch = entry.subscription.matcher.evaluate(event) { return isMatch }
        logger.warning(
            "a subscription does not get an event, because its regular expression takes too many steps",
            metadata: [
                "application": "\(printable(entry.application, limit: 100))",
                "subscription": "\(printable(entry.subscription.key, limit: 100))",
                "bus_id": "\(printable(event.id ?? "", limit: 100))",
            ])
        return false
    }
}
