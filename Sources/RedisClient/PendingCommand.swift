import NIOCore

/// Commands on their way to Redis, and the replies that have come.
struct PendingCommand: Sendable {
    typealias Reply = Result<RedisValue, RedisError>
    typealias Replies = Result<[RedisValue], RedisError>

    /// Who waits for one reply, or for several.
    enum Waiter: Sendable {
        case one(CheckedContinuation<Reply, Never>)
        case many(CheckedContinuation<Replies, Never>, replies: [RedisValue])
        /// Was told already: what comes is nobody's.
        case abandoned
    }

    /// Replies that are still to come.
    private(set) var count: Int
    let size: Int
    let timeLimit: Duration
    let isBlocking: Bool
    /// Set when the caller gives up; also the exchange's identity.
    let isCancelled: AtomicFlag
    /// A command that is to be sent before, unless the same one already is in this write.
    let other: ByteBuffer?
    /// When the last reply must be here; set when the commands are sent.
    private(set) var deadline = NIODeadline.distantFuture
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

    /// Takes one reply; returns whether it was the last.
    mutating func receive(_ reply: RedisValue) -> Bool {
        count -= 1
        switch waiter {
        case .abandoned: break
        case .one(let continuation):
            waiter = .abandoned
            continuation.resume(returning: .success(reply))
        case .many(let continuation, var replies):
            waiter = .abandoned
            if replies.isEmpty { replies.reserveCapacity(count + 1) }
            replies.append(reply)
            if count > 0 {
                waiter = .many(continuation, replies: replies)
            } else {
                continuation.resume(returning: .success(replies))
            }
        }
        return count == 0
    }

    /// Tells the caller why there will be no more replies, where it still waits.
    mutating func fail(_ error: RedisError) {
        switch waiter {
        case .abandoned: break
        case .one(let continuation): continuation.resume(returning: .failure(error))
        case .many(let continuation, _): continuation.resume(returning: .failure(error))
        }
        waiter = .abandoned
    }
}
