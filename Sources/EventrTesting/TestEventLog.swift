public import Eventr
public import RedisTesting
public import Tracing

/// An event log in the memory of this process, its consumers, and a clock that a test turns: no Redis is needed.
///
/// ```swift
/// let test = TestEventLog()
/// try await signUp("you@example.org", test.producer)
/// await test.drain("mailer", [welcome])
/// #expect(try await test.log.consumers().first?.lag == 0)
/// ```
///
/// Producers, consumers and scripts are those that run against a real Redis.
public struct TestEventLog: Sendable {
    /// The Redis in memory. Other parts of the application may use it too.
    public let redis: InMemoryRedis
    /// For the code under test.
    public let producer: Producer
    /// To look at the consumers, and for what operators do.
    public let log: EventLog
    private let options: EventLogOptions
    private let tracer: (any Tracer)?

    /// - Parameters:
    ///   - redis: Default: a new one, without keys.
    ///   - options: Default: `eventr:…` on one server.
    ///   - tracer: Of ``producer`` and of the consumers, such as an `InMemoryTracer`. Default: that of `InstrumentationSystem`.
    public init(
        redis: InMemoryRedis = InMemoryRedis(), options: EventLogOptions = EventLogOptions(),
        tracer: (any Tracer)? = nil
    ) {
        (self.redis, self.options, self.tracer) = (redis, options, tracer)
        producer = Producer(name: "test", redis: redis, options: options, tracer: tracer)
        log = EventLog(redis: redis, options: options)
    }

    /// Has a consumer handle every event that it has not read, and every retry that is due.
    ///
    /// - Parameters:
    ///   - consumer: Its name; a new one starts with the oldest event.
    ///   - options: The retries, the batch and the like; ``ConsumerOptions/log`` does not count.
    /// - Returns: What happened, in its order.
    @discardableResult
    public func drain(
        _ consumer: String, _ handlers: [EventHandler], options: ConsumerOptions = ConsumerOptions()
    ) async -> [ConsumerEvent] {
        var options = options
        options.log = self.options
        options.tracer = options.tracer ?? tracer
        return await Consumer.drain(consumer, handlers, redis: redis, options: options)
    }

    /// Turns the clock forward: retries become due, and later events are in later partitions.
    public func advance(by time: Duration) { redis.advance(by: time) }
}
