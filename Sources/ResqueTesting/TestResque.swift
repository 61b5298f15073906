#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
import Logging
public import RedisTesting
public import Resque
public import Tracing

/// Queues in the memory of this process, their workers, and a clock that a test turns: no Redis is needed.
///
/// ```swift
/// let resque = TestResque(jobs: jobs)
/// try await signUp("you@example.org", resque.queue)
/// #expect(try await resque.queue.enqueued("sendEmail", mail))
/// await resque.drain()
/// #expect(try await resque.queue.failedCount() == 0)
/// ```
///
/// The worker, the plugins and the scripts are those that run against a real Redis.
public struct TestResque: Sendable {
    /// The Redis in memory. Other parts of the application may use it too.
    public let redis: InMemoryRedis
    /// For the code under test, and to look at what it has enqueued.
    public let queue: Queue
    private let jobs: Jobs
    private let namespace: String
    private let tracer: (any Tracer)?

    /// - Parameters:
    ///   - jobs: The jobs that ``drain(_:)`` performs; their plugins are called when a job is enqueued, too. Default: none.
    ///   - redis: Default: a new one, without keys.
    ///   - namespace: The beginning of all keys, without the colon. Default: `resque`.
    ///   - tracer: Of ``queue`` and of the worker, such as an `InMemoryTracer`. Default: that of `InstrumentationSystem`.
    public init(
        jobs: Jobs = Jobs(), redis: InMemoryRedis = InMemoryRedis(), namespace: String = "resque",
        tracer: (any Tracer)? = nil
    ) {
        (self.jobs, self.redis, self.namespace, self.tracer) = (jobs, redis, namespace, tracer)
        queue = Queue(redis: redis, namespace: namespace, jobs: jobs, tracer: tracer)
    }

    /// Has a worker perform jobs, one after another, until these queues are empty; also the jobs that the jobs enqueue there.
    ///
    /// - Parameter queues: By priority; `*` means all others. Default: all.
    /// - Returns: What became of each job, in their order: ``WorkerEvent/success(_:result:took:)``,
    ///   ``WorkerEvent/failure(_:_:took:)``, ``WorkerEvent/reEnqueue(_:reason:after:)``.
    @discardableResult
    public func drain(_ queues: [String] = ["*"]) async -> [WorkerEvent] {
        await Worker.drain(queues, jobs: jobs, namespace: namespace, tracer: tracer) { [redis] in redis }
    }

    /// How far the clock is turned second by second for recurring jobs: 10 minutes.
    public static let fineTime = Duration.seconds(600)

    /// Turns the clock forward, and moves the delayed jobs that are due by then to their queues, as a ``Scheduler`` does.
    /// Recurring jobs are enqueued as often as they are due meanwhile: to the second where the clock is turned by at most
    /// ``fineTime``, beyond that once a minute at most. They are not performed; see ``drain(_:)``.
    ///
    /// - Returns: How many delayed jobs were moved.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func advance(by time: Duration) async throws -> Int {
        var left = time
        if try await !queue.schedules().isEmpty {
            let step: Duration = time <= Self.fineTime ? .seconds(1) : .seconds(60)
            try await Scheduler.enqueueRecurringJobs(redis: redis, namespace: namespace)
            while left > .zero {
                redis.advance(by: min(step, left))
                left -= min(step, left)
                try await Scheduler.enqueueRecurringJobs(redis: redis, namespace: namespace)
            }
        }
        redis.advance(by: max(.zero, left))
        return try await Scheduler.moveDueJobs(redis: redis, namespace: namespace)
    }

    /// The time by the clock that the test turns.
    public var now: Date { redis.now }
}
