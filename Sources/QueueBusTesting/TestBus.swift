import Logging
public import QueueBus
public import RedisTesting
public import Resque
public import ResqueTesting
public import Tracing

/// A bus in the memory of this process, which a test drives and rides by hand: no Redis is needed.
///
/// ```swift
/// let test = try await TestBus { bus in
///     bus.ride(try Application("billing"), "new_users", on: Matcher(eventType: "user_created")) { event in
///         try await charge(event["id"] ?? "")
///     }
/// }
/// try await test.publisher.publish("user_created")
/// await test.drive()
/// #expect(try await test.copies(in: "billing_default").count == 1)
/// await test.ride()
/// ```
public struct TestBus: Sendable {
    /// The bus with its subscriptions, which are in the Redis in memory.
    public let bus: Bus
    /// For the code under test.
    public let publisher: Publisher
    /// The queues, the workers and the clock.
    public let resque: TestResque

    /// - Parameters:
    ///   - redis: Default: a new one, without keys.
    ///   - plugins: See ``Bus/jobs(plugins:)``. Default: none.
    ///   - tracer: See `TestResque`. Default: that of `InstrumentationSystem`.
    ///   - configure: Adds the subscriptions and their riders.
    /// - Throws: What `configure` throws.
    public init(
        redis: InMemoryRedis = InMemoryRedis(), plugins: [any Plugin] = [], tracer: (any Tracer)? = nil,
        _ configure: (inout Bus) throws -> Void
    ) async throws {
        var bus = Bus(redis: redis, logger: Logger(label: "queuebus") { _ in SwiftLogNoOpLogHandler() })
        try configure(&bus)
        try await bus.subscribe()
        self.bus = bus
        resque = TestResque(jobs: bus.jobs(plugins: plugins), redis: redis, tracer: tracer)
        publisher = Publisher(resque.queue)
    }

    /// Drives the events that were published: copies each to the queues of its subscribers.
    ///
    /// - Returns: What became of each; see ``TestResque/drain(_:)``.
    @discardableResult
    public func drive() async -> [WorkerEvent] { await resque.drain([Publisher.incoming]) }

    /// Rides the copies: runs the rider of each.
    ///
    /// - Returns: What became of each; see ``TestResque/drain(_:)``.
    @discardableResult
    public func ride() async -> [WorkerEvent] { await resque.drain(bus.queues) }

    /// The copies that wait in a queue, the next one first.
    ///
    /// - Throws: `ResqueError`, and ``QueueBusError`` for what is no event.
    public func copies(in queue: String) async throws -> [BusEvent] {
        try await resque.queue.peek(queue, 0..<Int.max).map { try BusEvent(workerJob: Job($0, from: queue)) }
    }
}
