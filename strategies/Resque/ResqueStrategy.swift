public import BgdemoEmail
import BgdemoRedisWorkerSupport
import RedisClient
import Resque
public import BgdemoCore

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
    public let idempotency: (any IdempotencyStore)?
    public let statuses: (any MailStatusStore)?
    private let queue: Queue
    private let right: ScriptRight
    private let mails: MailJobs
    private let worker: WorkerGroup?

    /// - Parameters:
    ///   - redis: What the web half pushes through.
    ///   - namespace: The beginning of all keys, without the colon.
    ///   - mails: How the web half writes a mail.
    init(redis: any RedisCommands, namespace: String, mails: MailJobs, worker: WorkerGroup?) {
        idempotency = RedisIdempotencyStore(redis, prefix: "\(namespace):swift:idempotency:")
        statuses = RedisMailStatuses(redis, prefix: "\(namespace):swift:mails:")
        queue = Queue(redis: redis, namespace: namespace)
        right = ScriptRight(queue, mails.queue, RightsCheck(.resque, on: redis, prefix: "\(namespace):"))
        (self.mails, self.worker) = (mails, worker)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        try await right.require()
        do {
            try await queue.enqueue(mails.job(email))
        } catch {
            throw AcceptError(error.underlyingError ?? error)
        }
        return AcceptResult("queued")
    }

    public func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult {
        try await right.require()
        do {
            try await queue.enqueueIn(delay, mails.job(email))
        } catch {
            throw AcceptError(error.underlyingError ?? error)
        }
        return AcceptResult("delayed")
    }

    public func check() async throws(AcceptError) { try await right.check() }

    public func schedulerStatus() async throws(AcceptError) -> SchedulerStatus? { try await queue.schedulerStatus() }

    public var workerSignals: WorkerSignals? { worker.map { WorkerSignals($0.control) } }

    public func work() async throws { try await worker?.run() }
}
