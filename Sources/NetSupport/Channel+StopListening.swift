import BgdemoSystemCompat
public import NIOCore

extension Channel {
    /// Closes a listener without a reset for the clients that have connected: those that wait in the system's queue are
    /// accepted first, and those that are accepted reach their event loops. Closing it resets what is in the queue.
    ///
    /// - Parameter group: The event loops of its connections.
    /// - Throws: What closing throws; `ChannelError.alreadyClosed` where another has closed it.
    public func stopListening(group: any EventLoopGroup) async throws {
        try await setOption(.autoRead, value: false).get()
        try await setOption(.maxMessagesPerRead, value: 256).get()
        for _ in 0..<Self.mostRounds {
            // A connection that was accepted, and not registered yet, would be closed with the listener.
            for loop in group.makeIterator() { try await loop.submit {}.get() }
            if try await eventLoop.flatSubmit({ self.closeUnlessClientsWait() }).get() { return }
        }
        try await close()
    }

    /// How often new clients may be waited for: under load the queue is empty every few rounds.
    private static var mostRounds: Int { 1000 }

    /// On the event loop, so that no time passes between the question and the closing. True where it is closed.
    private func closeUnlessClientsWait() -> EventLoopFuture<Bool> {
        #if os(Linux)
            guard let options = self as? any SocketOptionProvider else { return close().map { true } }
            // Of a listener: the length of its queue (tcp_get_info in the kernel's net/ipv4/tcp.c). Not every kernel says it.
            return options.getTCPInfo().map(\.tcpi_unacked).recover { _ in 0 }.flatMap { waiting in
                guard waiting > 0 else { return self.close().map { true } }
                self.read()
                // By a timer: NIO runs all tasks that are ready before it looks for clients.
                return self.eventLoop.scheduleTask(in: .microseconds(100)) { false }.futureResult
            }
        #else
            return close().map { true }
        #endif
    }
}
