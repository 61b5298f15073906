import NIOCore

/// Commands on their way to Redis, and the replies that have come.
struct Exchange: Sendable {
    typealias Result = Swift.Result<[RedisValue], RedisError>

    let name: String
    let count: Int
    let size: Int
    let timeLimit: Duration
    let isBlocking: Bool
    /// Set when the caller gives up; also the exchange's identity.
    let isCancelled: Flag
    /// When the last reply must be here; set when the commands are sent.
    var deadline = NIODeadline.distantFuture
    private var commands: [RedisCommand]
    private var replies: [RedisValue] = []
    private var tell: (@Sendable (Result) -> Void)?

    init(
        _ commands: [RedisCommand], _ timeLimit: Duration, _ isBlocking: Bool, _ isCancelled: Flag,
        _ tell: @escaping @Sendable (Result) -> Void
    ) {
        name = commands.first?.name ?? ""
        count = commands.count
        size = commands.reduce(0) { $0 + $1.bytes.readableBytes }
        self.timeLimit = timeLimit
        self.isBlocking = isBlocking
        self.isCancelled = isCancelled
        self.commands = commands
        self.tell = tell
    }

    /// Appends the commands to what is about to be sent, and keeps them no longer.
    mutating func send(into out: inout ByteBuffer, at now: NIODeadline) {
        for command in commands { out.writeImmutableBuffer(command.bytes) }
        commands = []
        deadline = now + TimeAmount(timeLimit)
    }

    /// Takes one reply; returns whether it was the last.
    mutating func receive(_ reply: RedisValue) -> Bool {
        replies.append(reply)
        guard replies.count == count else { return false }
        finish(.success(replies))
        return true
    }

    /// Tells the caller, the first time.
    mutating func finish(_ result: Result) {
        tell?(result)
        tell = nil
    }
}
