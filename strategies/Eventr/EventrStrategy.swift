public import Eventr
public import BgdemoEmail
public import RedisClient
public import BgdemoCore

/// Slide 6, "immutable event bus": the web server writes that a mail was requested, and consumers decide what to do about it.
///
///     client ── GET ──▶ web server ── RPUSH eventr:partitions:<minute> ──▶ Redis ◀── take, acknowledge ── consumers
///     client ◀─ 200, "written" ── web server                                │                 email · audit · counter
///                                                                           └ never removed: read it again
///
///     {"eventName":"emailEvent","email":{"to":"…","subject":"…","text":"…"},"id":"…"}
///
/// A consumer has a name, and each name handles every event, in one of the processes that share it. If a process dies, another
/// handles the events that it had in hand.
public struct EventrStrategy: Strategy {
    public let idempotency: (any IdempotencyStore)?
    public let statuses: (any MailStatusStore)?
    private let producer: Producer
    private let log: EventLog
    private let rights: RightsCheck
    private let consumer: Consumer?

    /// - Parameters:
    ///   - redis: The connection of the web server.
    ///   - log: Where the log is.
    ///   - consumer: The worker; nil if this process is none.
    public init(
        redis: any RedisCommands, log: EventLogOptions, consumer: Consumer?
    ) {
        (self.log, self.consumer) = (EventLog(redis: redis, options: log), consumer)
        rights = RightsCheck(.eventr, on: redis)
        idempotency = RedisIdempotencyStore(redis, prefix: "eventr:idempotency:")
        statuses = RedisMailStatuses(redis, prefix: "eventr:mails:")
        producer = Producer(name: "webApp", redis: redis, options: log)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        do {
            let place = try await producer.write(json: EmailEvent.json(email))
            return AcceptResult("written", details: [.init("partition", place.partition), .init("index", place.index)])
        } catch {
            throw AcceptError(error)
        }
    }

    public func check() async throws(AcceptError) {
        try await rights.check()
        do {
            try await log.checkWritable()
        } catch {
            throw AcceptError(error)
        }
    }

    public func work() async throws { try await consumer?.run() }
}
