import NIOCore
import NIOPosix

/// The connections: opened where they are wanted, used again, and done without where there is none to be had.
extension Switchboard {
    func open() {
        opening += 1
        let board = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Caller(channel, board.value))
                }
            }
            .connect(host: target.host, port: target.port)
            .assumeIsolated()
            .whenComplete { [self] result in
                opening -= 1
                if case .failure = result { unreachable() }
                finish()
            }
    }

    /// No connection can be had: whoever waits longest has waited in vain.
    private func unreachable() {
        switch load.pace {
        case .open where nextSent < nextDue:
            ledger.sent(nextSent, at: Ledger.now - origin)
            nextSent += 1
        case .closed where !isOver && !isTimeUp:
            later(at: Ledger.now + 20_000_000) { $0.reopen() }
        default: break
        }
    }

    private func reopen() {
        if case .closed(let concurrency) = load.pace, !isOver, callers.count + opening < concurrency { open() }
    }

    func connected(_ caller: Caller) {
        guard !isOver else { return caller.close() }
        callers[ObjectIdentifier(caller)] = caller
        free(caller)
    }

    func answered(_ caller: Caller, _ number: Int, status: Int) {
        ledger.answered(number, at: Ledger.now - origin, status: status)
        underWay -= 1
        if case .closed = load.pace, isTimeUp { finish() } else if underWay == 0 { finish() }
    }

    func free(_ caller: Caller) {
        idle.append(caller)
        serve()
    }

    /// Its connection has ended, before the answer to `number` where it waited for one.
    func left(_ caller: Caller, without number: Int?) {
        callers[ObjectIdentifier(caller)] = nil
        idle.removeAll { $0 === caller }
        if number != nil { underWay -= 1 }
        reopen()
        finish()
    }
}
