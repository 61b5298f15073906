import NIOCore
import NIOPosix

/// The connections: opened when needed, reused, and reported as unanswered requests if none can be opened.
extension LoadScheduler {
    func open() {
        opening += 1
        let scheduler = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LoadConnection(channel, scheduler.value))
                }
            }
            .connect(host: target.host, port: target.port)
            .assumeIsolated()
            .whenComplete { [self] result in
                opening -= 1
                if case .failure = result { connectFailed() }
                finish()
            }
    }

    /// No connection can be opened: the request that has waited longest gets no answer.
    private func connectFailed() {
        switch load.pace {
        case .open where nextSent < nextDue:
            recorder.sent(nextSent, at: DeliveryRecorder.now - origin)
            nextSent += 1
        case .closed where !isOver && !isTimeUp:
            schedule(at: DeliveryRecorder.now + 20_000_000) { $0.reopen() }
        default: break
        }
    }

    fileprivate func reopen() {
        if case .closed(let concurrency) = load.pace, !isOver, connections.count + opening < concurrency { open() }
    }

}

extension LoadScheduler: LoadConnectionOwner {
    func connected(_ connection: LoadConnection) {
        guard !isOver else { return connection.close() }
        connections[ObjectIdentifier(connection)] = connection
        becameIdle(connection)
    }

    func answered(_ connection: LoadConnection, _ number: Int, status: Int) {
        recorder.answered(number, at: DeliveryRecorder.now - origin, status: status)
        underWay -= 1
        if case .closed = load.pace, isTimeUp { finish() } else if underWay == 0 { finish() }
    }

    func becameIdle(_ connection: LoadConnection) {
        idle.append(connection)
        sendDue()
    }

    func closed(_ connection: LoadConnection, without number: Int?) {
        connections[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        if number != nil { underWay -= 1 }
        reopen()
        finish()
    }
}
