import BgdemoEmail
package import NIOCore
import BgdemoPipes
import BgdemoSystemCompat
import ServiceLifecycle
import BgdemoCore
import Synchronization

/// A child's end of the pipes between it and its master. When the master is gone, so is the child, within a second.
package final class MasterConnection: Sendable {
    /// `web server` or `email worker`.
    package let name: String
    /// The listening socket that the master has passed on; nil for a worker.
    package let listener: NIOBSDSocket.Handle?
    /// Mails to send, as the lines that they came in: at most as many at a time as the master hands out.
    let mails: AsyncStream<[MailLine]>
    private let news: AsyncStream<[MailLine]>.Continuation
    private let end = AsyncStream<Void>.makeStream()
    private let writer: LineWriter
    private let window: FlowControlWindow
    private let isReady = Mutex(false)
    private let masterMetrics = Mutex("")
    /// Ends with the master's first word on how much room there is, which is the word to accept.
    private let welcome = AsyncStream<Void>.makeStream()

    /// How long a child lives on when its master is gone.
    private static let farewell = TimeAmount.milliseconds(700)

    /// The master of this process, or nil where no master has started it.
    ///
    /// - Throws: ``MasterConnectionError`` where the variables say that a master did, but the pipes are not there.
    package static func ofChild(_ variables: [String: String], group: any EventLoopGroup) async throws
        -> MasterConnection?
    {
        guard let name = variables[ChildVariable.name] else { return nil }
        let loop = group.next()
        guard let ends = try await ChildEndpoints.open(listens: variables[ChildVariable.listens] != nil, on: loop)
        else { throw MasterConnectionError() }
        let master = MasterConnection(name, ends, isSpooled: variables[ChildVariable.isSpooled] != nil)
        try await ends.listen {
            LineInboundHandler(heard: { master.heard($0) }, ended: { master.masterDidClose(loop) })
        }
        _ = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in master.window.refuseLate() }
        return master
    }

    private init(_ name: String, _ ends: ChildEndpoints, isSpooled: Bool) {
        self.name = name
        listener = ends.listener
        writer = ends.writer
        window = FlowControlWindow(ends.writer, isSpooled: isSpooled)
        (mails, news) = AsyncStream.makeStream()
    }

    // MARK: What a child says

    /// Says that the child works, the first time it is called.
    package func ready() {
        let isFirst = isReady.withLock { isReady in
            defer { isReady = true }
            return !isReady
        }
        if isFirst { writer.post(.ready(version: PipeMessage.version)) }
    }

    /// Says that the web server is ready to accept, and returns when it may: one accepts at a time.
    package func turn() async {
        ready()
        for await _ in welcome.stream {}
    }

    /// Says that the web server accepts no more.
    package func closed() { writer.post(.closed) }

    /// Has the master print a finished line: the children never log themselves. Where the master does not read them,
    /// lines are dropped.
    package func log(_ line: String) {
        guard writer.unwritten < LineReader.longest else { return }
        writer.post(.log(line))
    }

    func report(_ id: EmailID, _ outcome: SendOutcome) {
        if case .sent = outcome { writer.post(.sent(id)) } else { writer.post(.failed(id, outcome)) }
    }

    /// Hands the mail over. Returns when the master's pipe has all of it; where the master keeps a spool, when it is in
    /// there.
    func handOver(_ email: Email) async throws(AcceptError) { try await window.send(MailLine.text(of: email)) }

    /// Lets go of the mail, as the code of 2016 did: nobody knows whether it arrives.
    func letGo(_ email: Email) throws(AcceptError) { try window.post(MailLine.text(of: email)) }

    /// Throws what a mail would be refused with now.
    func check() throws(AcceptError) { try window.check() }

    // MARK: What the master says

    /// The master's numbers for `/metrics`, as it last told them.
    package var metrics: String { masterMetrics.withLock { $0 } }

    private func heard(_ lines: [LineReader.Line]) {
        var mails: [MailLine] = []
        for line in lines {
            switch line {
            case .whole(let line) where line.readableBytes == 0: break
            case .whole(let line):
                switch PipeMessage(line) {
                case .mail(let mail): mails.append(mail)
                case .credit(let more):
                    window.widen(by: more)
                    welcome.continuation.finish()
                case .taken(let count): window.taken(count)
                case .refused(let count, let reason): window.refused(count, reason)
                case .metrics(let text): masterMetrics.withLock { $0 = text }
                case .ping: writer.post(.pong)
                case .stop: leave()
                case .ready, .sent, .failed, .log, .closed, .pong, nil:
                    log("a message of the master's is garbled: \(String(buffer: line).prefix(200))")
                }
            case .tooLong(let bytes): log("a message of the master's is too long: \(bytes) bytes")
            }
        }
        if !mails.isEmpty { news.yield(mails) }
    }

    private func leave() {
        news.finish()
        welcome.continuation.finish()
        end.continuation.finish()
    }

    private func masterDidClose(_ loop: any EventLoop) {
        window.close()
        leave()
        // Nobody is left to hear of what is still in hand.
        loop.scheduleTask(in: Self.farewell) { _exit(1) }
    }

    /// Returns when all that was said is in the pipe.
    package func drained() async { await writer.drained() }
}

/// Stops the process when the master says so, or is gone.
extension MasterConnection: Service {
    package func run() async throws {
        for await _ in end.stream.cancelOnGracefulShutdown() {}
    }
}

/// The environment says that a master has started this process, but none did.
package struct MasterConnectionError: Error, CustomStringConvertible {
    package init() {}

    package let description = "the pipes to the master are not there: start the master instead, without --role"
}
