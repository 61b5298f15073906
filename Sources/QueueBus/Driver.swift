import Logging
import Metrics
import Redis
import Resque
import Synchronization

/// Fans an event out: one copy to the queue of every subscription that matches.
///
/// All copies of one event are pushed in one step, together with a note that they were: a driver that dies has pushed
/// all or none, and the one that takes its job over pushes none twice.
final class Driver: Sendable {
    private struct Known {
        var raw: [(application: String, fields: [[UInt8]])] = []
        var subscriptions: [(application: String, subscription: Subscription)] = []
    }

    private let redis: any RedisCommands
    private let namespace: String
    private let subscriptions: Subscriptions
    private let logger: Logger
    private let known = Mutex(Known())
    private let driven = Counter(label: "queuebus_events_driven_total")
    private let delivered = Counter(label: "queuebus_deliveries_total")
    private let unheard = Counter(label: "queuebus_events_unheard_total")

    init(redis: any RedisCommands, namespace: String, logger: Logger) {
        (self.redis, self.namespace, self.logger) = (redis, namespace, logger)
        subscriptions = Subscriptions(redis: redis, namespace: namespace)
    }

    /// - Parameter identity: Names the driver's job through retries and crashes.
    func drive(_ event: Event, identity: String) async throws {
        let matching = try await current().filter { $0.subscription.matcher.matches(event) }
        driven.increment()
        guard !matching.isEmpty else {
            unheard.increment()
            logger.warning(
                "nobody is subscribed to \(event.type ?? "an event without a type")",
                metadata: ["bus_id": "\(event.id ?? "")"])
            return
        }
        let copies = try matching.map { application, subscription in
            let copy = Self.copy(of: event, for: subscription, of: application)
            return (subscription.queueName, try Publisher.job(copy, queue: subscription.queueName))
        }
        let arguments: [any RedisArgument] = copies.flatMap { name, job in [name, job.bytes] as [any RedisArgument] }
        _ = try await redis.run(
            Self.fanOut,
            keys: ["\(namespace):bgdemo:driven:\(identity)", "\(namespace):queues"]
                + copies.map { "\(namespace):queue:\($0.0)" },
            arguments: arguments)
        delivered.increment(by: copies.count)
        logger.debug(
            "drove \(event.type ?? "") to \(copies.count)", metadata: ["bus_id": "\(event.id ?? "")"])
    }

    /// The note is kept for a day; a job whose worker died comes back much sooner.
    private static let fanOut = RedisScript(
        """
        if not redis.call('SET', KEYS[1], #KEYS - 2, 'NX', 'EX', 86400) then return 0 end
        for copy = 1, #KEYS - 2 do
            redis.call('SADD', KEYS[2], ARGV[2 * copy - 1])
            redis.call('RPUSH', KEYS[2 + copy], ARGV[2 * copy])
        end
        return #KEYS - 2
        """)

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

    /// Everybody's subscriptions as they are now; what has not changed is not read anew.
    private func current() async throws -> [(application: String, subscription: Subscription)] {
        let raw = try await subscriptions.raw()
        return known.withLock { known in
            let isSame = raw.elementsEqual(known.raw) { $0.application == $1.application && $0.fields == $1.fields }
            if !isSame {
                known.raw = raw
                known.subscriptions = raw.flatMap { entry in
                    entry.fields.compactMap(Subscription.init(json:)).map { (entry.application, $0) }
                }
            }
            return known.subscriptions
        }
    }
}
