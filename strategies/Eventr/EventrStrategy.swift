public import Eventr
public import Logging
public import BgdemoEmail
public import RedisClient
public import BgdemoCore

/// Slide 6, "immutable event bus": the web server says what has happened, and consumers choose what to do about it.
///
///     client ── GET ──▶ web server ── RPUSH eventr:partitions:<minute> ──▶ Redis ◀── take, acknowledge ── consumers
///     client ◀─ 200, "written" ── web server                                │                 email · audit · counter
///                                                                           └ never removed: read it again
///
///     {"eventName":"emailEvent","email":{"to":"…","subject":"…","text":"…"},"id":"…"}
///
/// A consumer has a name, and under each name every event is handled, by one of the processes that share it. What a
/// process had in hand when it died is handled by another.
public struct EventrStrategy: Strategy {
    private let producer: Producer
    private let redis: any RedisCommands
    private let consumer: Consumer?
    private let semantics: Semantics
    private let logger: Logger

    /// - Parameters:
    ///   - redis: What the web half writes through.
    ///   - log: Where the log is there.
    ///   - consumer: The worker half, where this process is one.
    public init(
        redis: any RedisCommands, log: EventLogOptions, semantics: Semantics, consumer: Consumer?, logger: Logger
    ) {
        (self.redis, self.consumer, self.semantics, self.logger) = (redis, consumer, semantics, logger)
        producer = Producer(name: "webApp", redis: redis, options: log, algorithm: semantics.algorithm)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        do {
            let place = try await producer.write(json: MailEvent.json(email, semantics))
            return AcceptResult("written", details: [.init("partition", place.partition), .init("index", place.index)])
        } catch {
            guard semantics == .original else { throw AcceptError(error) }
            // The talk's callback logs its error, and tells the client that all is well.
            logger.warning("Answered 200 for an email to \(email.to) all the same: \(error)")
            return AcceptResult("written")
        }
    }

    public func check() async throws(AcceptError) { try await redis.check() }

    public func work() async throws { try await consumer?.run() }
}

extension Semantics {
    /// The library's word for it.
    public var algorithm: Algorithm { self == .original ? .talk : .safe }
}
