public import Logging
public import Mail
public import NIOCore
public import Redis
public import Resque
import ServiceLifecycle
public import Strategy

/// Slide 5, "remote queue": sending e-mails is a job now.
///
///     client ── GET ──▶ web server ── RPUSH resque:queue:emailQueue ──▶ Redis ◀── reserve ── workers ──▶ mail server
///     client ◀─ 200, "queued" ── web server                              └ delayed, failed ◀──┘
///
///     {"class":"sendEmail","queue":"emailQueue","args":[{"to":"…","subject":"…","text":"…","id":"…"}]}
///
/// Ruby Resque and node-resque may push such jobs, and work these; they need no `id`. A mail is in its queue, with a
/// worker, delayed until its next attempt, or in `failed`; whatever dies, it is in one of them.
public struct ResqueStrategy: Strategy {
    private let queue: Queue
    private let worker: any Service
    private let scheduler: Scheduler

    /// - Parameters:
    ///   - redis: What the web half pushes through.
    ///   - url: Where the worker half connects.
    ///   - jobs: What the worker half can do; ``Jobs/mail(sender:journey:throttle:retry:)`` among it.
    ///   - processors: How many jobs a worker has in hand at a time; a range follows the load.
    public init(
        redis: any RedisCommands, url: RedisURL, on group: any EventLoopGroup, jobs: Jobs, options: WorkerOptions,
        processors: ClosedRange<Int>, logger: Logger
    ) {
        queue = Queue(redis: redis, jobs: jobs)
        scheduler = Scheduler(
            redis: RedisConnection(url, on: group.next(), options: options.redis, logger: logger), logger: logger)
        let queues = [MailJob.queue, SlowJobs.queue]
        if processors.count == 1 {
            var options = options
            options.concurrency = processors.lowerBound
            worker = Worker(queues: queues, jobs: jobs, redis: url, on: group, options: options, logger: logger)
        } else {
            var scaling = MultiWorker.Scaling()
            scaling.processors = processors
            worker = MultiWorker(
                queues: queues, jobs: jobs, redis: url, on: group, options: options, scaling: scaling, logger: logger)
        }
    }

    public func accept(_ email: Email) async throws(Refusal) -> Receipt {
        do {
            try await queue.enqueue(MailJob.job(email))
        } catch {
            throw Refusal(error)
        }
        return Receipt("queued")
    }

    public func accept(_ email: Email, after delay: Duration) async throws(Refusal) -> Receipt {
        do {
            try await queue.enqueueIn(delay, MailJob.job(email))
        } catch {
            throw Refusal(error)
        }
        return Receipt("delayed")
    }

    public func check() async throws(Refusal) {
        do {
            _ = try await queue.length(of: MailJob.queue)
        } catch {
            throw Refusal(error)
        }
    }

    public func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            group.addTask { try await worker.run() }
            try await group.waitForAll()
        }
    }
}

extension Refusal {
    /// What a fault of Redis means for a client: a mail that may have been pushed is better sent twice, with one
    /// Message-ID, than not at all.
    fileprivate init(_ error: any Error) {
        switch error {
        case RedisError.full(let why): self = .full(why, retryAfter: .seconds(1))
        default: self = .unavailable("\(error)", retryAfter: .seconds(1))
        }
    }
}
