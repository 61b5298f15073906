import NIOCore

/// One or more commands on their way to Redis, and the replies that have come.
struct PendingCommand: Sendable {
    typealias Reply = Result<RedisValue, RedisError>
    typealias Replies = Result<[RedisValue], RedisError>

    /// What waits for one reply, or for several.
    enum Waiter: Sendable {
        case one(CheckedContinuation<Reply, Never>)
        case many(CheckedContinuation<Replies, Never>)
        /// Called on the event loop.
        case callback(@Sendable (Reply) -> Void)
        /// It has its answer already, or wants none.
        case abandoned
    }

    /// What a reply means for the command.
    enum Progress {
        /// Further replies are to come.
        case incomplete
        /// This was the last reply.
        case complete
        /// The server has run nothing of it, because it is not the server to ask: another connection may repeat it.
        case refused
        /// The server has run nothing of it, because its keys are on their way to another: it may be repeated in a moment.
        case moving
    }

    /// How many commands, and so how many replies.
    let count: Int
    let size: Int
    let timeLimit: Duration
    let isBlocking: Bool
    /// Set when the caller gives up; also identifies the command.
    let isCancelled: AtomicFlag
    /// A command to be sent before this one, unless the same write has it already.
    let other: ByteBuffer?
    /// When the last reply is due; set when the commands are sent.
    private(set) var deadline = NIODeadline.distantFuture
    /// Until when it is repeated; set when a server refuses it for the first time.
    private var repeatDeadline: NIODeadline?
    private var replies: [RedisValue] = []
    private var bytes: ByteBuffer
    private var waiter: Waiter

    init(
        _ bytes: ByteBuffer, count: Int, _ timeLimit: Duration, isBlocking: Bool, _ isCancelled: AtomicFlag,
        _ waiter: Waiter, after other: ByteBuffer? = nil
    ) {
        self.count = count
        size = bytes.readableBytes
        self.timeLimit = timeLimit
        self.isBlocking = isBlocking
        self.isCancelled = isCancelled
        self.other = other
        self.bytes = bytes
        self.waiter = waiter
    }

    /// The first command's name.
    var name: String { RedisCommand.name(in: bytes) }

    /// Appends the commands to what is about to be sent.
    mutating func send(into out: inout ByteBuffer, at now: NIODeadline) {
        out.writeImmutableBuffer(bytes)
        deadline = now + TimeAmount(timeLimit)
    }

    /// Takes one reply, and answers the waiter with the last.
    ///
    /// - Parameters:
    ///   - repeating: For how long the command is repeated where it is refused.
    ///   - slot: The slot of a Redis Cluster that the connection follows, if it does.
    mutating func receive(_ reply: RedisValue, repeating: Duration, slot: Int?) -> Progress {
        // One reply is the rule: it needs no array.
        if count == 1 {
            if case .error(let error) = reply {
                if error.isWrongServer(for: slot), mayRepeat(for: repeating) { return .refused }
                if error.isMoving(slot), mayRepeat(for: repeating) { return .moving }
                answer(reply.withoutRedirection(slot))
            } else {
                answer(reply)
            }
            return .complete
        }
        if replies.isEmpty { replies.reserveCapacity(count) }
        replies.append(reply.withoutRedirection(slot))
        guard replies.count == count else { return .incomplete }
        if let progress = Self.progress(ofUnrun: replies, slot), mayRepeat(for: repeating) {
            replies = []
            return progress
        }
        if case .many(let continuation) = waiter { continuation.resume(returning: .success(replies)) }
        waiter = .abandoned
        return .complete
    }

    private mutating func answer(_ reply: RedisValue) {
        switch waiter {
        case .one(let continuation): continuation.resume(returning: .success(reply))
        case .many(let continuation): continuation.resume(returning: .success([reply]))
        case .callback(let call): call(.success(reply))
        case .abandoned: break
        }
        waiter = .abandoned
    }

    private mutating func mayRepeat(for time: Duration) -> Bool {
        guard !isCancelled.isSet else { return false }
        switch waiter {
        case .callback, .abandoned: return false
        case .one, .many: break
        }
        let deadline = repeatDeadline ?? .now() + TimeAmount(time)
        repeatDeadline = deadline
        return .now() < deadline
    }

    /// What the replies mean where all of a pipeline was refused, or the transaction that it is, and another attempt may
    /// succeed; else nil.
    private static func progress(ofUnrun replies: [RedisValue], _ slot: Int?) -> Progress? {
        guard case .error(let last)? = replies.last else { return nil }
        let refusals = replies.compactMap(\.refusal)
        guard refusals.count == replies.count || last.code == "EXECABORT" else { return nil }
        if refusals.contains(where: { $0.isWrongServer(for: slot) }) { return .refused }
        return refusals.contains { $0.isMoving(slot) } ? .moving : nil
    }

    /// Answers the waiter, where there still is one, with the reason why no more replies will come.
    mutating func fail(_ error: RedisError) {
        switch waiter {
        case .one(let continuation): continuation.resume(returning: .failure(error))
        case .many(let continuation): continuation.resume(returning: .failure(error))
        case .callback(let call): call(.failure(error))
        case .abandoned: break
        }
        waiter = .abandoned
    }
}

extension RedisValue {
    fileprivate var refusal: RedisReplyError? {
        if case .error(let error) = self { error } else { nil }
    }

    /// The reply, with `TRYAGAIN` for an `ASK`: the connection follows its slot when the whole of it has moved.
    fileprivate func withoutRedirection(_ slot: Int?) -> RedisValue {
        if case .error(let error) = self, error.isMoving(slot) { .error(.tryAgain) } else { self }
    }
}
