#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import Logging
public import NIOCore
public import RedisClient
public import ServiceLifecycle
public import Tracing

/// Performs the jobs of some queues, one or several at a time, until it is stopped.
///
/// ```swift
/// let worker = Worker(queues: ["critical", "*"], jobs: jobs, redis: url, on: group, logger: logger)
/// try await worker.run()
/// ```
///
/// Its phases: it registers itself; it reserves a job (pops it and records it, in one step), performs it, and
/// acknowledges it together with the next reservation, again and again; while there is no job it waits for one; when it
/// stops it takes no more jobs, finishes those in hand, and removes itself. Meanwhile it writes heartbeats and prunes
/// workers that are dead.
///
/// No job is lost, whatever dies: it is in its queue, recorded with its worker, delayed, or in `failed`. A job is
/// performed twice if its worker or the connection dies before the job is acknowledged: jobs must be idempotent. Redis
/// may be unavailable for any time; the worker goes on afterwards.
///
/// A worker that is stopped for longer than ``WorkerOptions/deadAfter`` and then continues is taken for dead meanwhile. Its
/// job is with another worker; a job that asks ``Job/isLeaseHeld`` right before its last step does not do it twice.
public final class Worker: Service {
    let processorGroup: ProcessorGroup

    /// - Parameters:
    ///   - queues: By priority: a job is taken from the first that has one. As in Ruby, a name may be a pattern: `high*`
    ///     means all queues that begin so, `*` all, in alphabetical order, and `!low` leaves queues out.
    ///   - jobs: The jobs that the worker can perform; see ``WorkerOptions/onUnknownClass`` for the others.
    ///   - redis: Gets one connection for commands, and one for each queue (up to 16) to wait for jobs.
    ///   - events: Called with each event and the id of its worker; must not block. Default: writes the event to the log.
    public init(
        queues: [String], jobs: Jobs, redis: RedisURL, on group: any EventLoopGroup,
        options: WorkerOptions = WorkerOptions(), logger: Logger,
        events: (@Sendable (_ worker: String, WorkerEvent) -> Void)? = nil
    ) {
        processorGroup = ProcessorGroup(
            queues: queues, jobs: jobs, redis: redis, on: group, options: options, logger: logger, events: events)
    }

    /// Works until its task is cancelled or the service group shuts down; then takes no more jobs, finishes those in
    /// hand, and puts back into their queues what is not done after ``WorkerOptions/grace``.
    ///
    /// - Throws: Nothing.
    public func run() async throws {
        await processorGroup.work { [processorGroup] in
            processorGroup.resize(to: processorGroup.options.concurrency)
            try? await gracefulShutdown()
        }
    }
}

/// How a worker works.
public struct WorkerOptions: Sendable {
    /// What becomes of the job of a worker that died.
    public enum DeadWorkerPolicy: String, Sendable, CaseIterable {
        /// Back to its queue, to be performed by another.
        case requeue
        /// To `failed`, as Ruby's workers do it.
        case fail
    }

    /// The namespace of the keys. Default: `resque`.
    public var namespace = "resque"
    /// The options of each of its connections. Its limits of bytes are at least 1 GiB, because one job may be large. Default:
    /// those of `RedisOptions`.
    public var redis = RedisOptions()
    /// How many jobs are performed at a time; each has a worker id of its own, as with node's MultiWorker. Default: 1.
    public var concurrency = 1
    /// What becomes of the job of a worker of this library that has died. Default: back to its queue.
    public var onDeadWorker = DeadWorkerPolicy.requeue
    /// Pauses the worker and cancels its jobs; several workers may have one. Default: none.
    public var control: WorkerControl?
    /// Whether each of the jobs at a time has a worker in the set of all workers, as with node's MultiWorker; else the first
    /// alone. Default: each has.
    public var registersEachProcessor = true
    /// What becomes of a job of a class that the worker does not know. Default: it goes to `failed`.
    public var onUnknownClass = UnknownClassPolicy.failed
    /// How long a job of an unknown class is left in its queue by ``UnknownClassPolicy/leave``. Default: 10 seconds, two
    /// polls of the workers of Ruby and node.
    public var unknownClassWait = Duration.seconds(10)
    /// A job whose workers died so many times goes to `failed`, whatever ``onDeadWorker`` says. Default: 3.
    public var maxCrashes = 3
    /// How long jobs in hand may take to finish when the worker stops. Default: 30 seconds.
    public var grace = Duration.seconds(30)
    /// How often it writes its heartbeat; at least 1 millisecond counts. Default: 5 seconds.
    public var heartbeat = Duration.seconds(5)
    /// For how long this process may give no sign of life before workers on other hosts take it for dead: the time of its
    /// lease, which it renews four times as often; at least 100 milliseconds count. On its own host others see at once that it
    /// is gone. Default: 10 seconds.
    public var deadAfter = Duration.seconds(10)
    /// How old the last heartbeat of a worker of another program may be before the worker counts as dead. Its job goes to
    /// `failed` then, as Ruby's workers do it. It must exceed the longest heartbeat interval of any program on this Redis.
    /// Default: 1 hour.
    public var otherProgramDeadAfter = Duration.seconds(3600)
    /// How many connections carry the reservations, each on an event loop of its own. Default: one for each four cores.
    public var connections = max(1, ProcessInfo.processInfo.activeProcessorCount / 4)

    /// Has a consumer span for each attempt, whose parent is the span that enqueued the job (``Queue``, Ruby's OpenTelemetry).
    /// Default: that of `InstrumentationSystem`, where one was bootstrapped before.
    public var tracer: (any Tracer)?
    /// The name of an error in `exception` of `failed`, where other programs read it; nil for the name that it has without.
    /// Default: see ``NamedJobError``.
    public var exceptionName: @Sendable (any Error) -> String? = { _ in nil }

    /// The defaults: one job at a time; the job of a dead worker goes back to its queue.
    public init() {}
}
