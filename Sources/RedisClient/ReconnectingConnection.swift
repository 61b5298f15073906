import NIOCore

/// Who talks over a line. Called on the line's event loop.
protocol ReconnectingConnectionDelegate: AnyObject {
    /// Redis has greeted: commands may be written.
    func connectionDidOpen()
    func received(_ reply: RedisValue)
    /// What one read brought has been received.
    func readCompleted()
    /// The line broke, or could not be made: told at each attempt. It is being made anew.
    func connectionDidClose(_ why: RedisError)
}

extension ReconnectingConnectionDelegate {
    func readCompleted() {}
}

/// Keeps one connection to Redis: makes it, greets (AUTH, SELECT), and makes it again when it breaks, until closed.
/// All its state belongs to its event loop.
final class ReconnectingConnection {
    private enum State {
        case closed
        case connecting
        case handshaking(RedisChannelHandler, answers: [RedisValue])
        case ready(RedisChannelHandler)
        case waiting(Scheduled<Void>)
    }

    let url: RedisURL
    let loop: any EventLoop
    private let options: RedisOptions
    private let outage: OutageLogger
    private let handshake: [RedisCommand]
    private var state = State.closed
    private var delegate: (any ReconnectingConnectionDelegate)?
    private var failures = 0
    private var handshakeTimeout: Scheduled<Void>?

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
        self.handshake = handshake + [["PING"]]
    }

    func open(for delegate: any ReconnectingConnectionDelegate) {
        self.delegate = delegate
        connect()
    }

    func write(_ bytes: ByteBuffer) {
        if case .ready(let handler) = state { handler.write(bytes) }
    }

    /// Whether replies are read as they come, or left with the kernel and Redis.
    func read(_ isReading: Bool) {
        if case .ready(let handler) = state { handler.read(isReading) }
    }

    func close() {
        handshakeTimeout?.cancel()
        let last = state
        state = .closed
        delegate = nil
        switch last {
        case .handshaking(let handler, _), .ready(let handler): handler.close()
        case .waiting(let scheduled): scheduled.cancel()
        case .closed, .connecting: break
        }
    }

    /// Gives this connection up, and makes another.
    func drop(_ why: RedisError) {
        let last = state
        switch last {
        case .closed, .waiting: return
        case .connecting, .handshaking, .ready: scheduleReconnect()
        }
        // Closing may be told at once: the state is no longer this wire's.
        if case .handshaking(let handler, _) = last { handler.close() }
        if case .ready(let handler) = last { handler.close() }
        outage.report(why)
        delegate?.connectionDidClose(why)
    }

    // MARK: Making it

    private func connect() {
        state = .connecting
        let bound = NIOLoopBound(self, eventLoop: loop)
        url.connect(on: loop, options) { RedisChannelHandler(bound.value) }.whenFailure { error in
            bound.value.drop(.unavailable(error.plainDescription))
        }
    }

    /// The wire is connected.
    func channelDidOpen(_ handler: RedisChannelHandler) {
        guard case .connecting = state else { return handler.close() }
        state = .handshaking(handler, answers: [])
        var out = ByteBuffer()
        for command in handshake { out.writeImmutableBuffer(command.bytes) }
        handler.write(out)
        let bound = NIOLoopBound(self, eventLoop: loop)
        handshakeTimeout = loop.scheduleTask(in: TimeAmount(options.connectTimeout)) { [options] in
            bound.value.drop(.timedOut(command: "the handshake", after: options.connectTimeout))
        }
    }

    private func finishHandshake(_ handler: RedisChannelHandler, _ answers: [RedisValue]) {
        for answer in answers {
            guard case .error(let error) = answer, !error.leavesUsable else { continue }
            return drop(.reply(error))
        }
        handshakeTimeout?.cancel()
        failures = 0
        state = .ready(handler)
        outage.reportRecovery()
        delegate?.connectionDidOpen()
    }

    // MARK: The wire's news

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

    func channelDidClose(_ handler: RedisChannelHandler, _ why: RedisError) {
        switch state {
        case .ready(let current) where current === handler: drop(why)
        case .handshaking(let current, let answers) where current === handler:
            // Redis says why before it hangs up: too many clients, protected mode.
            if case .error(let error)? = answers.first { drop(.reply(error)) } else { drop(why) }
        default: break
        }
    }

    // MARK: Waiting to make it again

    private func scheduleReconnect() {
        handshakeTimeout?.cancel()
        failures += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        let longest = min(
            options.reconnectBackoff.lowerBound * (1 << min(failures - 1, 16)), options.reconnectBackoff.upperBound)
        let delay = TimeAmount(longest * Double.random(in: 0.5...1))
        state = .waiting(loop.scheduleTask(in: delay) { bound.value.connect() })
    }
}

extension RedisReplyError {
    /// Whether a PING refused like this leaves a connection on which commands may yet succeed.
    fileprivate var leavesUsable: Bool {
        switch kind {
        case .cannotPersist, .noPermission, .outOfMemory, .readOnly: true
        default: false
        }
    }
}
