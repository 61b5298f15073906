public import Logging
public import NIOCore
public import RedisClient
public import ServiceLifecycle

/// Works the jobs of some queues, one or several at a time, until it is told to leave.
///
/// ```swift
/// let worker = Worker(queues: ["critical", "*"], jobs: jobs, redis: url, on: group, logger: logger)
/// try await worker.run()
/// ```
///
/// Nothing that is in Redis is lost whatever dies: a job is in its queue, with the worker that has it, delayed, or in
/// `failed`. A job may be performed twice where its worker died, or the connection, before it could say that it is done.
/// Redis may be away for any time; the worker goes on when it is back.
public final class Worker: Service {
    let processorGroup: ProcessorGroup

    /// - Parameters:
    ///   - queues: By priority: the first that has a job is taken from. `*` stands for all others, in alphabetical order.
    ///   - jobs: What the worker can perform. Jobs of another class go to `failed`.
    ///   - redis: It gets one connection for the commands, and one for each queue (to 16) to wait for jobs.
    ///   - events: Told what happens, with the id of the worker it happens to; must not block.
    public init(
        queues: [String], jobs: Jobs, redis: RedisURL, on group: any EventLoopGroup,
        options: WorkerOptions = WorkerOptions(), logger: Logger,
        events: (@Sendable (_ worker: String, WorkerEvent) -> Void)? = nil
    ) {
        processorGroup = ProcessorGroup(
            queues: queues, jobs: jobs, redis: redis, on: group, options: options, logger: logger, events: events)
    }

    /// Works until its task is cancelled or the service group shuts down; then takes no more jobs, finishes those in
    /// hand, and gives back to their queues what is not done after ``WorkerOptions/grace``.
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

    /// The namespace of the keys.
    public var namespace = "resque"
    /// How each of its connections behaves.
    public var redis = RedisOptions()
    /// How many jobs are performed at a time; each has a worker's id of its own, as node's MultiWorker does it.
    public var concurrency = 1
    /// What becomes of the job in the hands of a worker that has died.
    public var onDeadWorker = DeadWorkerPolicy.requeue
    /// A job that has been with so many workers when they died goes to `failed` whatever ``onDeadWorker`` says.
    public var maxCrashes = 3
    /// How long jobs in hand may take to finish when the worker is to leave.
    public var grace = Duration.seconds(30)
    /// How often it says that it is alive.
    public var heartbeat = Duration.seconds(5)
    /// How long one of our workers on another host may be silent before it is taken for dead.
    public var deadAfter = Duration.seconds(60)

    /// One job at a time, as the talk has it; a dead worker's goes back to its queue.
    public init() {}
}
