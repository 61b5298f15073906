import BgdemoFoundations
import BgdemoTraceContext
public import Logging
public import RedisClient
public import Resque

/// The jobs of the bus, for a `Worker` of Resque. On the queue `bus_incoming` it drives events: it copies each to the queues
/// of its subscribers. On the queues of applications it rides them: it runs the rider of the subscription. (To drive and to
/// ride are queue-bus' own words.)
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
    /// Handles one event for one subscription. An error fails the job, or retries it if a plugin says so. It may get an event
    /// twice, with the same ``BusEvent/deliveryID``.
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
    ///   - redis: The connection for subscribing and driving; workers have connections of their own.
    ///   - namespace: Resque's namespace, the same for all programs on the bus. Default: `resque`.
    public init(redis: any RedisCommands, namespace: String = "resque", logger: Logger) {
        (self.redis, self.namespace, self.logger) = (redis, namespace, logger)
    }

    /// Adds a subscription of an application and its rider. ``subscribe()`` writes it to Redis.
    ///
    /// - Parameters:
    ///   - key: The name of the subscription within the application.
    ///   - matcher: Which events it gets.
    ///   - queue: The name of the queue within the application. Default: `default`.
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

    /// Writes the subscriptions of the applications here to Redis. Other subscriptions of these applications stay.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func subscribe() async throws(RedisError) {
        let subscriptions = Subscriptions(redis: redis, namespace: namespace)
        for ride in rides { try await subscriptions.add(ride.subscription, to: ride.application) }
    }

    /// The jobs for a worker of these queues: those of queue-bus, and the older ones of resque-bus.
    ///
    /// - Parameter plugins: Asked before and after each job. Default: none.
    public func jobs(plugins: [any Plugin] = []) -> Jobs {
        var jobs = Jobs()
        let driver = Driver(redis: redis, namespace: namespace, logger: logger)
        for name in [BusClass.worker, "::" + BusClass.worker] {
            jobs.register(
                name, plugins: plugins, trace: { TraceFields(of: (try? $0.arguments.onlyString()) ?? []) },
                perform: { job in
                    let event = try BusEvent(workerJob: job)
                    let proxy = event["bus_class_proxy"] ?? ""
                    guard let busClass = BusClass(name: proxy) else { throw QueueBusError(unknownClass: proxy) }
                    return try await perform(busClass, event, driver)
                })
        }
        for busClass in BusClass.allCases {
            for name in busClass.names {
                jobs.register(
                    name, plugins: plugins,
                    trace: { TraceFields(of: (try? BusEvent(legacyJob: $0))?.json ?? []) },
                    perform: { job in try await perform(busClass, try BusEvent(legacyJob: job), driver) })
            }
        }
        return jobs
    }

    private func perform(_ busClass: BusClass, _ event: BusEvent, _ driver: Driver) async throws -> any Sendable {
        switch busClass {
        case .driver: return try await driver.drive(event)
        case .publisher: return FollowUps([Publisher.job(Publisher.released(event), queue: Publisher.incoming)])
        case .rider: return try await ride(event)
        case .heartbeat: return try await Heartbeat(redis: redis, namespace: namespace).publish()
        }
    }

    private func ride(_ event: BusEvent) async throws {
        let (application, key) = (event["bus_rider_app_key"] ?? "", event["bus_rider_sub_key"] ?? "")
        let ride = rides.first {
            $0.application.key.hasSameBytes(as: application) && $0.subscription.key.hasSameBytes(as: key)
        }
        guard let ride else { throw QueueBusError(unknownSubscription: key, of: application) }
        try await ride.rider(event)
    }
}

extension QueueBusError {
    init(unknownClass name: String) {
        self.init(
            .unknownClass, "this program does not have the class \"\(printable(name, limit: 100))\" of the bus job")
    }

    init(unknownSubscription key: String, of application: String) {
        let (key, application) = (printable(key, limit: 100), printable(application, limit: 100))
        self.init(
            .unknownSubscription,
            "this program does not ride the subscription \"\(key)\" of \"\(application)\"; a program that does must work its queue"
        )
    }
}
