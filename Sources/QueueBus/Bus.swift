public import Logging
public import RedisClient
public import Resque

/// The jobs of the bus, for a `Worker` of Resque: on the queue `bus_incoming` it drives events to those who
/// subscribed, on an application's queues it rides them.
///
/// ```swift
/// var bus = Bus(redis: redis, logger: logger)
/// let billing = try Application("billing")
/// let newPros = Matcher(["bus_event_type": .value("user_created"), "plan": .value("pro")])
/// bus.ride(billing, "new_pros", on: newPros) { event in
///     try await charge(event["id"] ?? "")
/// }
/// try await bus.subscribe()
///
/// let worker = Worker(
///     queues: [Publisher.incoming] + bus.queues, jobs: bus.jobs(plugins: [Retry()]), redis: url, on: group,
///     logger: logger)
/// ```
public struct Bus: Sendable {
    /// Handles one event for one subscription. What it throws fails the job, or retries it where a plugin says so: it
    /// may get an event twice, with the same ``BusEvent/deliveryID``.
    public typealias Rider = @Sendable (BusEvent) async throws -> Void

    private struct Ride: Sendable {
        let application: Application
        let subscription: Subscription
        let rider: Rider
    }

    private let redis: any RedisCommands
    private let namespace: String
    private let logger: Logger
    private var rides: [Ride] = []

    /// - Parameters:
    ///   - redis: What subscribing and driving go through; workers have connections of their own.
    ///   - namespace: Resque's, which all programs on the bus share.
    public init(redis: any RedisCommands, namespace: String = "resque", logger: Logger) {
        (self.redis, self.namespace, self.logger) = (redis, namespace, logger)
    }

    /// Says what an application does with the events that match. ``subscribe()`` makes it known.
    ///
    /// - Parameter queue: The queue's name within the application.
    public mutating func ride(
        _ application: Application, _ key: String, on matcher: Matcher, queue: String = "default",
        rider: @escaping Rider
    ) {
        let subscription = Subscription(key: key, queueName: application.queue(queue), matcher: matcher)
        rides.append(Ride(application: application, subscription: subscription, rider: rider))
    }

    /// The queues of all applications here, each once.
    public var queues: [String] {
        rides.map(\.subscription.queueName).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Writes the subscriptions of the applications here to Redis; each application's others are kept.
    public func subscribe() async throws(RedisError) {
        let subscriptions = Subscriptions(redis: redis, namespace: namespace)
        for ride in rides { try await subscriptions.add(ride.subscription, to: ride.application) }
    }

    /// What a worker of these queues performs.
    public func jobs(plugins: [any Plugin] = []) -> Jobs {
        var jobs = Jobs()
        let driver = Driver(redis: redis, namespace: namespace, logger: logger)
        for name in [Publisher.worker, "::" + Publisher.worker] {
            jobs.register(
                name, plugins: plugins,
                whole: { [self] job in
                    try await perform(BusEvent(json: job.arguments.onlyString()), driver)
                })
        }
        return jobs
    }

    /// `bus_class_proxy` says whose turn it is.
    private func perform(_ event: BusEvent, _ driver: Driver) async throws -> any Sendable {
        let proxy = event["bus_class_proxy"] ?? ""
        switch proxy.hasPrefix("::") ? String(proxy.dropFirst(2)) : proxy {
        case Publisher.driver:
            return try await driver.drive(event)
        case Publisher.later:
            return FollowUps([Publisher.job(Publisher.released(event), queue: Publisher.incoming)])
        case "QueueBus::Rider":
            return try await ride(event)
        default:
            throw UnknownProxy(name: proxy)
        }
    }

    private func ride(_ event: BusEvent) async throws {
        let (application, key) = (event["bus_rider_app_key"] ?? "", event["bus_rider_sub_key"] ?? "")
        guard let ride = rides.first(where: { $0.application.key == application && $0.subscription.key == key }) else {
            throw UnknownSubscription(application: application, key: key)
        }
        try await ride.rider(event)
    }
}

extension BusEvent {
    /// The same for every try at delivering this event to this subscription, and for no other delivery.
    public var deliveryID: String {
        "\(id ?? "") \(self["bus_rider_app_key"] ?? "") \(self["bus_rider_sub_key"] ?? "")"
    }
}

/// A job of the bus is for a class that this program does not have.
public struct UnknownProxy: Error, Sendable, CustomStringConvertible {
    /// What the job's `bus_class_proxy` says.
    public let name: String

    public var description: String { "the bus job is for \"\(name)\", which this program does not have" }
}

/// An event was driven to a subscription that this program does not ride.
public struct UnknownSubscription: Error, Sendable, CustomStringConvertible {
    /// The application's key.
    public let application: String
    /// The subscription's key within it.
    public let key: String

    public var description: String {
        "nobody here rides the subscription \"\(key)\" of \"\(application)\"; whoever subscribed has to work its queue"
    }
}
