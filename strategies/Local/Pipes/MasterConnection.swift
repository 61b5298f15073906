package import BgdemoCore
package import BgdemoEmail
import BgdemoFoundations
package import BgdemoTraceContext
package import NIOCore
import BgdemoSystemCompat
import ServiceLifecycle
import Synchronization

/// The child's end of the pipes between it and its master. When the master is gone the child ends within a second.
package final class MasterConnection: MasterProcess {
    /// `web server` or `email worker`.
    package let name: String
    package let listener: NIOBSDSocket.Handle?
    /// Mails to send. The master sends no more than may be in hand.
    package let mails: AsyncStream<[MailLine]>
    private let mailContinuation: AsyncStream<[MailLine]>.Continuation
    private let end = AsyncStream<Void>.makeStream()
    private let writer: LineWriter
    private let window: FlowControlWindow
    let statusQueries: StatusQueries
    private let isReady = Mutex(false)
    private let masterMetrics = Mutex("")
    private let spoolFailure = Mutex("")
    /// Ends with the first credit, by which the master lets this web server accept.
    private let mayAccept = AsyncStream<Void>.makeStream()

    /// How long a child goes on when its master is gone.
    private static let exitDelay = TimeAmount.milliseconds(700)

    /// The connection of this process, or nil where no master has started it.
    ///
    /// - Throws: ``MasterConnectionError`` where the variables say that a master did, but the pipes are not there.
    package static func ofChild(
        _ variables: [String: String], group: any EventLoopGroup
    ) async throws -> MasterConnection? {
        guard let name = variables[ChildVariable.name] else { return nil }
        let loop = group.next()
        guard let ends = try await ChildEndpoints.open(listens: variables[ChildVariable.listens] != nil, on: loop)
        else { throw MasterConnectionError() }
        let master = MasterConnection(name, ends, isSpooled: variables[ChildVariable.isSpooled] != nil)
        try await ends.read {
            LineInboundHandler(
                didReceive: { master.didReceive($0) }, didClose: { master.connectionDidClose(loop) })
        }
        _ = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in master.window.expire() }
        return master
    }

    private init(_ name: String, _ ends: ChildEndpoints, isSpooled: Bool) {
        self.name = name
        listener = ends.listener
        writer = ends.writer
        statusQueries = StatusQueries(ends.writer)
        window = FlowControlWindow(ends.writer, isSpooled: isSpooled)
        (mails, mailContinuation) = AsyncStream.makeStream()
    }

    // MARK: What the child sends

    package func ready() {
        let isFirst = isReady.withLock { isReady in
            defer { isReady = true }
            return !isReady
        }
        if isFirst { writer.send(.ready(version: PipeMessage.version)) }
    }

    package func waitUntilMayAccept() async {
        ready()
        for await _ in mayAccept.stream {}
    }

    package func didStopAccepting() { writer.send(.closed) }

    package func log(_ line: String) {
        guard writer.unwritten < LineReader.longest else { return }
        writer.send(.log(line))
    }

    package func report(_ id: EmailID, _ outcome: SendOutcome) {
        if case .sent = outcome { writer.send(.sent(id)) } else { writer.send(.failed(id, outcome)) }
    }

    /// Gives the mail to the master. Returns when the pipe has all of it; where the master keeps a spool, when the mail is
    /// in there.
    ///
    /// - Parameter trace: What goes with it of a trace. Default: nothing.
    package func handOver(_ email: Email, _ trace: TraceFields = TraceFields()) async throws(AcceptError) {
        try await window.send(MailLine.text(of: email, trace))
    }

    /// Writes the mail to the pipe and returns at once, as the code of 2016 did.
    package func handOverUnacknowledged(_ email: Email) throws(AcceptError) {
        try window.sendUnacknowledged(MailLine.text(of: email))
    }

    /// Throws what ``handOver(_:)`` would throw now.
    package func check() throws(AcceptError) {
        try window.check()
        let reason = spoolFailure.withLock { $0 }
        guard reason.isEmpty else { throw .unavailable(reason, retryAfter: .seconds(5)) }
    }

    package func flush() async { await writer.flush() }

    // MARK: What the master sends

    package var metrics: String { masterMetrics.withLock { $0 } }

    private func didReceive(_ lines: [LineReader.Line]) {
        var mails: [MailLine] = []
        for line in lines {
            switch line {
            case .whole(let line) where line.readableBytes == 0: break
            case .whole(let line):
                switch PipeMessage(line) {
                case .mail(let mail): mails.append(mail)
                case .credit(let more):
                    window.add(more)
                    mayAccept.continuation.finish()
                case .taken(let count): window.confirm(count)
                case .refused(let count, let reason): window.reject(count, reason)
                case .spool(let reason): spoolFailure.withLock { $0 = reason }
                case .status(let id, let status): statusQueries.didReceive(status, of: id)
                case .metrics(let text): masterMetrics.withLock { $0 = text }
                case .ping: writer.send(.pong)
                case .stop: finish()
                case .ready, .sent, .failed, .log, .closed, .pong, nil:
                    log("ignoring an invalid message of the master: \(printable(String(buffer: line), limit: 200))")
                }
            case .tooLong(let bytes): log("ignoring a message of the master that is too long: \(bytes) bytes")
            }
        }
        if !mails.isEmpty { mailContinuation.yield(mails) }
    }

    private func finish() {
        mailContinuation.finish()
        mayAccept.continuation.finish()
        end.continuation.finish()
    }

    private func connectionDidClose(_ loop: any EventLoop) {
        window.close()
        finish()
        // Nothing can be reported any more.
        loop.scheduleTask(in: Self.exitDelay) { _exit(1) }
    }

    package func run() async throws {
        for await _ in end.stream.cancelOnGracefulShutdown() {}
    }
}

/// The environment says that a master has started this process, but the pipes are not there.
package struct MasterConnectionError: Error, CustomStringConvertible {
    package init() {}

    package let description = "the pipes to the master are not there: start the master instead, without --role"
}
