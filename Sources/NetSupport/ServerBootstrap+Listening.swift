public import Logging
public import NIOCore
public import NIOPosix

extension ServerBootstrap {
    /// A TCP server with a long queue of new connections, without Nagle's delay, whose clients may close their half and still
    /// be answered. Where the process has no file descriptor for the next client, clients wait in the system's queue, and
    /// the log says so once a second.
    ///
    /// - Parameter greet: Adds the handlers of a new connection; an error closes the connection.
    public static func listening(
        on group: any EventLoopGroup, logger: Logger, greet: @escaping @Sendable (any Channel) throws -> Void
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoff(logger))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try greet(channel) } }
    }
}
