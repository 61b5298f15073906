import BgdemoFoundations
import NIOCore

/// What uses a connection. Called on the connection's event loop.
protocol ReconnectingConnectionDelegate: AnyObject {
    /// The handshake is done: commands may be written.
    func connectionDidOpen()
    func received(_ reply: RedisValue)
    /// All replies of one read have been passed on.
    func readCompleted()
    /// The connection broke, or could not be made; called at each attempt. It is being made again.
    func connectionDidClose(_ reason: RedisError)
    /// The connection is ready, and another server has become the one to connect to: ``ReconnectingConnection/drop(_:isOutage:)``
    /// is to be called with this reason when nothing more is expected of this one.
    func serverDidChange(_ reason: RedisError)
}

extension ReconnectingConnectionDelegate {
    func readCompleted() {}
}

/// Keeps one connection to Redis: makes it, does the handshake (AUTH, SELECT, ROLE, PING), and makes it again whenever
/// it breaks, until closed. The host's name is resolved at each attempt, and a Sentinel is asked again. All its state
/// belongs to its event loop.
final class ReconnectingConnection {
    private enum State {
        case closed
        case connecting(ConnectionAttempt)
        case handshaking(RedisChannelHandler, answers: [RedisValue])
        case ready(RedisChannelHandler)
        case waiting(Scheduled<Void>)
    }

    /// For how long after a wrong server a new connection is on trial: the wait before the next attempt stays long, and
    /// the log does not say that Redis is back.
    private static let trialTime = TimeAmount.seconds(5)

    /// Nodes may disagree for a moment.
    private static let redirectionDelay = TimeAmount.milliseconds(10)

    let url: RedisURL
    let loop: any EventLoop
    private let options: RedisOptions
    private let outage: OutageLogger
    private let handshake: [RedisCommand]
    private var state = State.closed
    private var delegate: (any ReconnectingConnectionDelegate)?
    private var failures = 0
    private var trialEnd: NIODeadline?
    /// The node of a Cluster that has the slot, as the last one has said.
    private var redirection: RedisURL?
    /// The server that the last attempt has connected to, or is about to.
    private var server: RedisURL?
    private var handshakeTimeout: Scheduled<Void>?
    private var follower: SentinelFollower.Membership?
    /// The channel of the last attempt.
    private var channel: EventLoopFuture<any Channel>?
    private var end: EventLoopScope.End?

    init(_ url: RedisURL, on loop: any EventLoop, _ options: RedisOptions, _ outage: OutageLogger) {
        self.url = url
        self.loop = loop
        self.options = options
        self.outage = outage
        var handshake: [RedisCommand] = []
        if let password = url.password {
            handshake.append(RedisCommand(["AUTH"] + (url.user.map { [$0] } ?? []) + [password]))
        }
        if url.database != 0 { handshake.append(["SELECT", url.database]) }
        if url.sentinel != nil || url.slot != nil || options.roleCheckInterval != nil { handshake.append(.role) }
        self.handshake = handshake + [["PING"]]
    }

    func open(for delegate: any ReconnectingConnectionDelegate) {
        self.delegate = delegate
        let bound = NIOLoopBound(self, eventLoop: loop)
        follower = SentinelFollower.follow(url, on: loop, options) { bound.value.primaryDidChange(to: $0) }
        connect()
    }

    func write(_ bytes: ByteBuffer) {
        if case .ready(let handler) = state { handler.write(bytes) }
    }

    /// Whether replies are read as they come, or left with the kernel and Redis.
    func read(_ isReading: Bool) {
        if case .ready(let handler) = state { handler.read(isReading) }
    }

    /// - Returns: Succeeds when the connection is closed, and no attempt to make it is under way.
    @discardableResult
    func close() -> EventLoopScope.End {
        if let end { return end }
        handshakeTimeout?.cancel()
        let last = state
        state = .closed
        delegate = nil
        var closed: EventLoopFuture<Void>?
        switch last {
        case .handshaking(let handler, _), .ready(let handler): closed = handler.close()
        case .connecting(let attempt):
            // The server may be silent, and the connect take its whole time.
            attempt.abandon()
            closed = channel?.flatMap(\.closeFuture)
        case .waiting(let scheduled): scheduled.cancel()
        case .closed: break
        }
        let memberships = follower.map { [$0] } ?? []
        follower = nil
        let end = (closed ?? loop.makeSucceededVoidFuture()).recover { _ in }.map { memberships }
        self.end = end
        return end
    }

    /// Closes this connection, and makes another.
    ///
    /// - Parameter isOutage: Whether the server is the reason, which is logged. Default: it is.
    func drop(_ reason: RedisError, isOutage: Bool = true) {
        let last = state
        let isReported = isOutage && !isFirstRedirection(reason)
        switch last {
        case .closed, .waiting: return
        case .connecting, .handshaking, .ready: scheduleReconnect(after: reason)
        }
        // The handler may report its end at once, when the state is no longer its own.
        if case .connecting(let attempt) = last { attempt.abandon() }
        if case .handshaking(let handler, _) = last { handler.close() }
        if case .ready(let handler) = last { handler.close() }
        if isReported { outage.report(reason) }
        delegate?.connectionDidClose(reason)
    }

    /// Each Sentinel says so by itself, the last of them when the new primary may have been found already.
    private func primaryDidChange(to primary: RedisURL) {
        guard let server, server != primary else { return }
        let reason = RedisError.connectionLost("the Sentinels have made another server the primary")
        if case .ready = state { delegate?.serverDidChange(reason) } else { drop(reason) }
    }

    /// Why there is no connection, where no attempt has failed yet.
    var pendingReason: RedisError {
        guard case .handshaking = state else { return .unavailable("the connection to \(url) is not made yet") }
        return .unavailable(
            url.isEncrypted
                ? "\(url): no answer; the server may not speak TLS on this port"
                : "\(url): the server takes connections, and does not answer")
    }

    /// The server answers as the right one does.
    func confirm() {
        guard let end = trialEnd, end <= .now() else { return }
        trialEnd = nil
        failures = 0
        outage.reportRecovery()
    }

    /// Whether a slot of a Cluster has moved: no outage, unless the next node sends us away again.
    private func isFirstRedirection(_ reason: RedisError) -> Bool {
        guard case .moved? = reason.reply?.kind, url.slot != nil else { return false }
        return trialEnd == nil
    }

    // MARK: Connecting

    private func connect() {
        let attempt = ConnectionAttempt()
        state = .connecting(attempt)
        let bound = NIOLoopBound((self, attempt), eventLoop: loop)
        let limit = options.replyByteLimit
        let target = redirection ?? url
        redirection = nil
        server = nil
        let channel = target.locate(on: loop, options, attempt).flatMap { [loop, options] server in
            let (connection, attempt) = bound.value
            connection.server = server
            return server.connect(on: loop, options, attempt) {
                RedisChannelHandler(bound.value.0, replyByteLimit: limit)
            }
        }
        self.channel = channel
        channel.whenFailure { bound.value.0.attemptDidFail(bound.value.1, $0) }
    }

    private func attemptDidFail(_ attempt: ConnectionAttempt, _ error: any Error) {
        // Another may be under way, or none be wanted.
        guard case .connecting(let current) = state, current === attempt else { return }
        drop(.unavailable(error.plainDescription))
    }

    func channelDidOpen(_ handler: RedisChannelHandler) {
        guard case .connecting = state else {
            handler.close()
            return
        }
        state = .handshaking(handler, answers: [])
        var out = ByteBuffer()
        for command in handshake { out.writeImmutableBuffer(command.bytes) }
        handler.write(out)
        let bound = NIOLoopBound(self, eventLoop: loop)
        handshakeTimeout = loop.scheduleTask(in: TimeAmount(options.connectTimeout)) { [options] in
            bound.value.handshakeDidTimeOut(after: options.connectTimeout)
        }
    }

    private func handshakeDidTimeOut(after limit: Duration) {
        // A Redis without TLS waits for the end of the client's hello, which it takes for a command.
        let tls = "no answer within \(limit); the server may not speak TLS on this port"
        drop(url.isEncrypted ? .unavailable(tls) : .timedOut(command: "the handshake", after: limit))
    }

    private func finishHandshake(_ handler: RedisChannelHandler, _ answers: [RedisValue]) {
        for answer in answers {
            if answer.isReplicaRole { return drop(.reply(.replica)) }
            guard case .error(let error) = answer, !error.leavesUsable else { continue }
            return drop(.reply(error))
        }
        handshakeTimeout?.cancel()
        state = .ready(handler)
        if trialEnd == nil {
            failures = 0
            outage.reportRecovery()
        }
        delegate?.connectionDidOpen()
    }

    // MARK: Events of the channel

    func received(_ reply: RedisValue, _ handler: RedisChannelHandler) {
        switch state {
        case .ready(let current) where current === handler:
            delegate?.received(reply)
        case .handshaking(let current, var answers) where current === handler:
            answers.append(reply)
            state = .handshaking(handler, answers: answers)
            if answers.count == handshake.count { finishHandshake(handler, answers) }
        default: break
        }
    }

    func readCompleted(_ handler: RedisChannelHandler) {
        if case .ready(let current) = state, current === handler { delegate?.readCompleted() }
    }

    func channelDidClose(_ handler: RedisChannelHandler, _ reason: RedisError) {
        switch state {
        case .ready(let current) where current === handler: drop(reason)
        case .handshaking(let current, let answers) where current === handler:
            // Redis says why before it hangs up: too many clients, protected mode.
            if case .error(let error)? = answers.first { return drop(.reply(error)) }
            guard answers.isEmpty, !url.isEncrypted, case .connectionLost = reason else { return drop(reason) }
            drop(.unavailable("the server ended the handshake; it may want TLS on this port (rediss://)"))
        default: break
        }
    }

    // MARK: Waiting to connect again

    private func scheduleReconnect(after reason: RedisError) {
        handshakeTimeout?.cancel()
        if reason.reply?.isWrongServer(for: url.slot) == true { trialEnd = .now() + Self.trialTime }
        if case .moved(_, let address)? = reason.reply?.kind, let node = url.at(address) {
            redirection = node
            let bound = NIOLoopBound(self, eventLoop: loop)
            state = .waiting(loop.scheduleTask(in: Self.redirectionDelay) { bound.value.connect() })
            return
        }
        failures += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        let range = options.reconnectBackoff
        let longest = RetryPolicy.backoff(base: range.lowerBound, cap: range.upperBound, doublings: failures - 1)
        let delay = TimeAmount(longest * Double.random(in: 0.5...1))
        state = .waiting(loop.scheduleTask(in: delay) { bound.value.connect() })
    }
}

extension RedisReplyError {
    /// Whether a command of the handshake refused like this leaves a connection on which commands may yet succeed.
    fileprivate var leavesUsable: Bool {
        switch kind {
        case .cannotPersist, .noPermission, .outOfMemory, .readOnly: true
        // ROLE is not of every server.
        case .other: code == "ERR" && message.utf8.starts(with: "unknown command".utf8)
        default: false
        }
    }
}
