public import Logging
public import NIOCore
public import NIOPosix
import BgdemoSystemCompat

extension ServerBootstrap {
    /// A TCP server as every one here is: many may knock at once, small answers go out at once, a client may close its
    /// half and still be answered. Where the process has no file descriptor for the next client, the clients wait in
    /// the system's queue, and the log says so once a second.
    ///
    /// - Parameter greet: Puts a new connection's handlers in place; what it throws closes the connection.
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

/// Accepts nobody for a second where the process can't: else the loop would try again without end, and use a whole
/// core for it. (NIO's AcceptBackoffHandler holds back once; the listener stays readable, and the next error spins.)
private final class AcceptBackoff: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else {
            return context.fireErrorCaught(error)
        }
        logger.warning("New clients have to wait: too many files are open (ulimit -n), or memory is out")
        let channel = context.channel
        // Neither fails but on a listener that is closed, where there is nothing left to accept.
        channel.setOption(.autoRead, value: false).whenSuccess {
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.setOption(.autoRead, value: true) }
        }
    }
}

/// Why an address can't be listened on, and what to do, in words for whoever chose it.
public struct BindError: Error, CustomStringConvertible {
    public let reason: String
    public let advice: String

    public var description: String { "\(reason); \(advice)" }

    /// - Parameter error: What binding threw.
    public init(host: String, port: Int, _ error: any Error) {
        let place = "\(host) port \(port)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            reason = "\(place) is in use"
            advice = "end what listens there, or choose another port, 0 for any"
        case EADDRNOTAVAIL:
            reason = "\(host) is no address of this machine"
            advice = "listen on one that it has, such as 127.0.0.1"
        case EACCES, EPERM:
            reason = "this user may not listen on \(place)"
            advice = "choose a port from 1024 on"
        case EMFILE, ENFILE:
            reason = "too many files are open to listen on \(place)"
            advice = "allow more: ulimit -n 65536"
        default:
            let isUnknown = error is SocketAddressError.UnknownHost
            reason = isUnknown ? "no address of \(host) is known" : "can't listen on \(place): \(error)"
            advice = "choose an address of this machine, without brackets, such as 127.0.0.1 or ::1"
        }
    }
}
