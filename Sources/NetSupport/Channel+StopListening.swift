import BgdemoSystemCompat
public import NIOCore

extension Channel {
    /// Closes a listener without a reset for the clients that have connected: those that wait in the system's queue are
    /// accepted first, and those that are accepted reach their event loops. Closing it resets what is in the queue.
    ///
    /// - Parameters:
    ///   - group: The event loops of its connections.
    ///   - isShared: Whether other processes have the socket, too: then its queue stays.
    /// - Throws: What closing throws; `ChannelError.alreadyClosed` where another has closed it.
    public func stopListening(group: any EventLoopGroup, isShared: Bool) async throws {
        try await setOption(.autoRead, value: false).get()
        try await setOption(.maxMessagesPerRead, value: 256).get()
        // Closed when a round of the loops began after the last client was accepted: each is on its own loop then. One that
        // was accepted, and not registered yet, would be closed with the listener. A load may leave no such round. Then the
        // clients that wait are left to the others that have the socket; where nobody has it, it is closed when none waits.
        var mayHaveAccepted = true
        for round in 0..<Self.mostRounds {
            for loop in group.makeIterator() { try await loop.submit {}.get() }
            let isLate = round > Self.mostQuietRounds
            let (accepts, mayClose) = (!isLate || !isShared, !mayHaveAccepted || isLate && !isShared)
            switch try await eventLoop.flatSubmit({ self.next(accepts: accepts, mayClose) }).get() {
            case .closed: return
            case .accepting: mayHaveAccepted = true
            case .empty: mayHaveAccepted = false
            }
        }
        try await close()
    }

    /// How often new clients may be waited for: under load the queue is empty every few rounds.
    private static var mostRounds: Int { 1000 }

    /// How often a round without a new client is waited for.
    private static var mostQuietRounds: Int { 50 }

    /// Accepts the clients that wait; where none is to be accepted, closes the listener, if that may be. On the event loop, so that no
    /// time passes between the question and the closing.
    private func next(accepts: Bool, _ mayClose: Bool) -> EventLoopFuture<StopListeningStep> {
        #if os(Linux)
            guard let options = self as? any SocketOptionProvider else { return end(mayClose) }
            // Of a listener: the length of its queue (tcp_get_info in the kernel's net/ipv4/tcp.c). Not every kernel says it.
            return options.getTCPInfo().map(\.tcpi_unacked).recover { _ in 0 }.flatMap { waiting in
                guard waiting > 0, accepts else { return self.end(mayClose) }
                self.read()
                // By a timer: NIO runs all tasks that are ready before it looks for clients.
                return self.eventLoop.scheduleTask(in: .microseconds(100)) { .accepting }.futureResult
            }
        #else
            return end(mayClose)
        #endif
    }

    private func end(_ mayClose: Bool) -> EventLoopFuture<StopListeningStep> {
        guard !mayClose else { return close().map { .closed } }
        // A read that found nobody, since another process has taken the client, would accept the next one at any time, even
        // just before the close. NIO has no call that ends a read; turning reads on and off does.
        return setOption(.autoRead, value: true).flatMap { self.setOption(.autoRead, value: false) }.map { .empty }
    }
}

/// What a round did with a listener that is to be closed.
private enum StopListeningStep { case closed, accepting, empty }
