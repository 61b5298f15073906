import BgdemoFoundations
import BgdemoTraceContext
public import Logging
public import BgdemoEmail
import Metrics
public import RedisClient
import ServiceLifecycle
public import BgdemoCore

/// Slide 4, "remote messages": any number of workers, on any host, listen on a channel.
///
///     client ── GET ──▶ web server ── PUBLISH emailz {json} ──▶ Redis ── message ──▶ worker: queue ──▶ mail server
///     client ◀─ 200 ─── web server ◀─ how many heard it ────────┘                     └ throttle, retry
///
///     {"to":"…","subject":"…","text":"…","id":"…"}
///
/// Redis keeps no message. What nobody hears is lost, and so is what a worker holds when it dies; and what two workers
/// hear is sent twice.
public struct PubSub: Strategy {
    static let channel = "emailz"

    public var idempotency: (any IdempotencyStore)? { keys }
    public let statuses: (any MailStatusStore)?
    private let keys: RedisIdempotencyStore
    private let rights: RightsCheck
    private let redis: any RedisCommands
    private let logger: Logger
    private let isCluster: Bool
    private let worker: Subscriber?
    private let metrics = PublisherMetrics()
    private let tracing = MessageTracer(nil, system: "redis")

    /// - Parameters:
    ///   - redis: What the web half publishes through.
    ///   - isCluster: Whether it leads to a node of a Cluster, which counts its own subscribers alone.
    ///   - worker: The worker half, where this process is one.
    public init(redis: any RedisCommands, isCluster: Bool = false, worker: Subscriber?, logger: Logger) {
        keys = RedisIdempotencyStore(redis, prefix: "{\(Self.channel)}:idempotency:")
        statuses = RedisMailStatuses(redis, prefix: "{\(Self.channel)}:mails:")
        rights = RightsCheck(.pubSub, on: redis)
        self.redis = redis
        self.isCluster = isCluster
        self.worker = worker
        self.logger = logger
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        // A mail that comes as the program starts must not be lost on its own worker.
        await worker?.tried.wait()
        let message = PubSubMessage.text(of: email)
        let heard: Int
        do {
            heard = try await publish(message)
        } catch {
            throw AcceptError(error)
        }
        return result(heard, email)
    }

    private func publish(_ message: String) async throws(RedisError) -> Int {
        guard let tracing else { return try await redis.send("PUBLISH", Self.channel, message).int ?? 0 }
        return try await tracing.send(to: Self.channel) { (fields) async throws(RedisError) in
            try await redis.send("PUBLISH", Self.channel, fields.added(to: Array(message.utf8))).int ?? 0
        }
    }

    private func result(_ heard: Int, _ email: Email) -> AcceptResult {
        metrics.published.increment()
        guard heard == 0 else { return AcceptResult("published", details: [AcceptResult.Detail("subscribers", heard)]) }
        metrics.unheard.increment()
        // After a slot has moved, subscribers are with another node for some seconds, and get the message all the same.
        logger.warning(
            isCluster
                ? "Published an email to \(email.to), and nobody listens on \(Self.channel) at this node of the Cluster"
                : "Lost an email to \(email.to): nobody listens on \(Self.channel)", metadata: ["id": "\(email.id)"])
        return AcceptResult(
            "published",
            note: isCluster
                ? "nobody was subscribed at this node of the Cluster, the mail may be lost"
                : "nobody was subscribed, the mail is lost",
            details: [AcceptResult.Detail("subscribers", 0)])
    }

    public func check() async throws(AcceptError) {
        if let error = worker?.loss { throw AcceptError(error) }
        try await rights.check()
        do {
            // A channel that nobody listens on.
            _ = try await redis.send("PUBLISH", Self.channel + ":check", "")
        } catch {
            // A user may be limited to the channel of the mails.
            if error.reply?.kind != .noPermission || error.description.contains("'publish'") {
                throw AcceptError(error)
            }
        }
        try await keys.check()
    }

    public func work() async throws {
        try await worker?.work()
    }
}
