import DequeModule
import Mail
public import NIOCore
import NIOPosix
public import ServiceLifecycle
import Strategy
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A child's end of the pipes between it and its master. When the master is gone, so is the child, within a second.
public final class Link: Sendable {
    /// What a web server's requests wait for.
    private struct Sending {
        var room = Room()
        /// Sent, and not yet said to be in the spool; in the order they were sent.
        var untaken = Deque<Request>()
        /// On their way into the pipe.
        var unwritten = Deque<Request>()
        var isGone = false
        private var isReady = false

        mutating func saysReady() -> Bool {
            defer { isReady = true }
            return !isReady
        }
    }

    private struct Request {
        /// Nil once it has been answered.
        var answer: Answer?
        let since: NIODeadline
    }

    private typealias Answer = CheckedContinuation<Result<Void, Refusal>, Never>

    /// `web server` or `email worker`.
    public let name: String
    /// The listening socket that the master has passed on; nil for a worker.
    public let listener: NIOBSDSocket.Handle?
    /// Mails to send, as the lines that they came in: at most as many at a time as the master hands out.
    let mails: AsyncStream<[ByteBuffer]>
    private let news: AsyncStream<[ByteBuffer]>.Continuation
    private let end = AsyncStream<Void>.makeStream()
    private let outlet: Outlet
    private let isSpooled: Bool
    private let sending = Mutex(Sending())
    private let masterMetrics = Mutex("")
    /// Ends with the master's first word on how much room there is, which is the word to accept.
    private let welcome = AsyncStream<Void>.makeStream()

    /// How long a request waits for its mail to be with the master.
    private static let patience = TimeAmount.seconds(10)
    /// How long a child lives on when its master is gone.
    private static let farewell = TimeAmount.milliseconds(700)

    /// The link of this process, or nil where no master has started it.
    ///
    /// - Throws: ``LinkError`` where the variables say that a master did, but the pipes are not there.
    public static func ofChild(_ variables: [String: String], group: any EventLoopGroup) async throws -> Link? {
        guard let name = variables[Launch.Variable.name] else { return nil }
        let isServer = variables[Launch.Variable.listens] != nil
        let listener = isServer ? ListeningSocket.receive(over: STDIN_FILENO) : nil
        guard isServer == (listener != nil) else { throw LinkError() }
        // What else is printed goes the way of crash messages, not between the messages.
        let output = dup(STDOUT_FILENO)
        guard output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else { throw LinkError() }
        _ = fcntl(output, F_SETFD, FD_CLOEXEC)
        let loop = group.next()
        let outlet = Outlet(
            try await NIOPipeBootstrap(group: loop).takingOwnershipOfDescriptor(output: output).get())
        let link = Link(
            name: name, listener: listener, outlet: outlet, isSpooled: variables[Launch.Variable.isSpooled] != nil)
        _ = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Ear(heard: { link.heard($0) }, readComplete: {}, ended: { link.masterIsGone(loop) }))
                }
            }
            .withConnectedSocket(STDIN_FILENO).get()
        _ = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in link.giveUpLate() }
        return link
    }

    private init(name: String, listener: CInt?, outlet: Outlet, isSpooled: Bool) {
        self.name = name
        self.listener = listener
        self.outlet = outlet
        self.isSpooled = isSpooled
        (mails, news) = AsyncStream.makeStream()
    }

    // MARK: What a child says

    /// Says that the child works, the first time it is called.
    public func ready() {
        guard sending.withLock({ $0.saysReady() }) else { return }
        outlet.post(.ready(version: PipeMessage.version))
    }

    /// Says that the web server is ready to accept, and returns when it may: one accepts at a time.
    public func turn() async {
        ready()
        for await _ in welcome.stream {}
    }

    /// Says that the web server accepts no more.
    public func closed() { outlet.post(.closed) }

    /// Has the master print a finished line: the children never log themselves. Where the master does not read them,
    /// lines are dropped.
    public func log(_ line: String) {
        guard outlet.unwritten < PipeMessage.longest else { return }
        outlet.post(.log(line))
    }

    func report(_ id: EmailID, _ outcome: Outcome) {
        if case .sent = outcome { outlet.post(.sent(id)) } else { outlet.post(.failed(id, outcome)) }
    }

    /// Hands the mail over. Returns when the master's pipe has all of it; where the master keeps a spool, when it is in
    /// there.
    func handOver(_ email: Email) async throws(Refusal) {
        let line = PipeMessage.line(email)
        try takeRoom(for: line)
        let result: Result<Void, Refusal> = await withCheckedContinuation { answer in
            sending.withLock { sending in
                sending.unwritten.append(Request(answer: answer, since: .now()))
                outlet.post(line: line) { [self] isWhole in written(isWhole) }
            }
        }
        return try result.get()
    }

    /// Lets go of the mail, as the code of 2016 did: nobody knows whether it arrives.
    func letGo(_ email: Email) throws(Refusal) {
        let line = PipeMessage.line(email)
        try takeRoom(for: line)
        outlet.post(line: line) { _ in }
    }

    /// Throws what a mail would be refused with now.
    func check() throws(Refusal) {
        let sending = sending.withLock { ($0.isGone, $0.room) }
        if sending.0 { throw Self.gone }
        if sending.1.mails < 1 { throw Self.full }
    }

    private func takeRoom(for line: String) throws(Refusal) {
        let bytes = line.utf8.count
        let refusal: Refusal? = sending.withLock { sending in
            if sending.isGone { return Self.gone }
            // A mail larger than all room goes when there is nothing else.
            guard sending.room.mails > 0, sending.room.bytes > 0 else { return Self.full }
            sending.room.mails -= 1
            sending.room.bytes -= bytes
            return nil
        }
        if let refusal { throw refusal }
    }

    /// The pipe has taken the oldest mail of those on their way, or will take none any more.
    private func written(_ isWhole: Bool) {
        let answer = sending.withLock { sending -> Answer? in
            guard let first = sending.unwritten.popFirst() else { return nil }
            if isWhole, isSpooled {
                sending.untaken.append(first)
                return nil
            }
            return first.answer
        }
        answer?.resume(returning: isWhole ? .success(()) : .failure(Self.gone))
    }

    private static let gone = Refusal.unavailable("the master is gone", retryAfter: .seconds(1))
    private static let full = Refusal.full("the master's backlog is full", retryAfter: .seconds(1))
    private static let late = Refusal.unavailable("the master does not answer", retryAfter: .seconds(5))

    // MARK: What the master says

    /// The master's numbers for `/metrics`, as it last told them.
    public var metrics: String { masterMetrics.withLock { $0 } }

    private func heard(_ lines: [LineReader.Line]) {
        var mails: [ByteBuffer] = []
        for line in lines {
            switch line {
            case .whole(let line) where line.readableBytes == 0: break
            case .whole(let line):
                switch PipeMessage(line) {
                case .mail(_, let line): mails.append(line)
                case .room(let more):
                    sending.withLock { sending in
                        sending.room.mails += more.mails
                        sending.room.bytes += more.bytes
                    }
                    welcome.continuation.finish()
                case .taken(let count): answer(count, .success(()))
                case .refused(let count, let reason):
                    answer(count, .failure(.unavailable(reason, retryAfter: .seconds(5))))
                case .metrics(let text): masterMetrics.withLock { $0 = text }
                case .ping: outlet.post(.pong)
                case .stop: leave()
                case .ready, .sent, .failed, .log, .closed, .pong, nil:
                    log("a message of the master's is garbled: \(String(buffer: line).prefix(200))")
                }
            case .tooLong(let bytes): log("a message of the master's is too long: \(bytes) bytes")
            }
        }
        if !mails.isEmpty { news.yield(mails) }
    }

    private func answer(_ count: Int, _ result: Result<Void, Refusal>) {
        let answers = sending.withLock { sending in
            let answers = sending.untaken.prefix(count).map(\.answer)
            sending.untaken.removeFirst(answers.count)
            return answers
        }
        for answer in answers { answer?.resume(returning: result) }
    }

    /// Refuses those who have waited too long. Their mails may still arrive.
    private func giveUpLate() {
        let limit = NIODeadline.now() - Self.patience
        let late = sending.withLock { Self.giveUp(&$0.untaken, limit) + Self.giveUp(&$0.unwritten, limit) }
        for answer in late { answer.resume(returning: .failure(Self.late)) }
    }

    private static func giveUp(_ requests: inout Deque<Request>, _ limit: NIODeadline) -> [Answer] {
        var late: [Answer] = []
        for place in requests.indices {
            guard requests[place].since < limit else { break }
            if let answer = requests[place].answer { late.append(answer) }
            requests[place].answer = nil
        }
        return late
    }

    private func leave() {
        news.finish()
        welcome.continuation.finish()
        end.continuation.finish()
    }

    private func masterIsGone(_ loop: any EventLoop) {
        let answers = sending.withLock { sending in
            sending.isGone = true
            defer { sending.untaken.removeAll() }
            return sending.untaken.map(\.answer)
        }
        for answer in answers { answer?.resume(returning: .failure(Self.gone)) }
        leave()
        // Nobody is left to hear of what is still in hand.
        loop.scheduleTask(in: Self.farewell) { _exit(1) }
    }

    /// Returns when all that was said is in the pipe.
    public func drained() async { await outlet.drained() }
}

/// Stops the process when the master says so, or is gone.
extension Link: Service {
    public func run() async throws {
        for await _ in end.stream.cancelOnGracefulShutdown() {}
    }
}

/// The environment says that a master has started this process, but none did.
public struct LinkError: Error, CustomStringConvertible {
    public init() {}

    public let description = "the pipes to the master are not there: start the master instead, without --role"
}
