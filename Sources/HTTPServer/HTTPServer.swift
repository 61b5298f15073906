public import BgdemoNetSupport
public import Logging
public import Metrics
public import NIOCore
import NIOPosix
import Synchronization

/// The HTTP server: listens on one address, hands each request to its handler, drains when asked to stop.
public final class HTTPServer: Sendable {
    private let listener: any Channel
    private let group: any EventLoopGroup
    private let connections: HTTPConnectionRegistry
    private let logger: Logger

    /// Binds and serves at once.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free port; ``port`` then says which.
    ///   - listener: A socket that is bound already, by a process that shares it with this one: host and port are its.
    ///   - metrics: Where requests, connections and times are counted. Two servers of a process would count as one.
    public static func start(
        host: String, port: Int, listener: NIOBSDSocket.Handle? = nil, limits: HTTPLimits = HTTPLimits(),
        metrics: any MetricsFactory = MetricsSystem.factory, group: any EventLoopGroup, logger: Logger,
        handler: any HTTPHandler
    ) async throws(BindError) -> HTTPServer {
        let connections = HTTPConnectionRegistry(limit: limits.connections, metrics: metrics, logger: logger)
        let bootstrap = ServerBootstrap.listening(on: group, logger: logger) { channel in
            let refusal: Problem?
            switch connections.admit(channel) {
            case .accepted: refusal = nil
            case .rejected(let problem): refusal = problem
            case .closed: return channel.close(promise: nil)
            }
            try channel.pipeline.syncOperations.addHandler(
                HTTPConnectionHandler(
                    handler: handler, limits: limits, watch: connections, loop: channel.eventLoop, refusal: refusal))
        }
        do {
            let listener =
                if let listener {
                    try await bootstrap.withBoundSocket(listener).get()
                } else {
                    try await bootstrap.bind(host: host, port: port).get()
                }
            return HTTPServer(listener: listener, group: group, connections: connections, logger: logger)
        } catch {
            throw BindError(host: host, port: port, error)
        }
    }

    private init(listener: any Channel, group: any EventLoopGroup, connections: HTTPConnectionRegistry, logger: Logger)
    {
        self.listener = listener
        self.group = group
        self.connections = connections
        self.logger = logger
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    /// How many clients are connected.
    public var openConnections: Int { connections.count }

    /// Stops accepting, answers what is in hand, and returns when the last connection is gone: of itself, or closed
    /// because it was still there after `limit`. Once drained, draining again has nothing to do.
    public func drain(within limit: Duration) async {
        await stopAccepting()
        await connections.drain(within: limit)
    }

    /// Closes the listener. Clients that are connected are served on.
    public func stopAccepting() async {
        do {
            // Who was accepted already would be closed with the listener, were it not admitted first.
            try await listener.setOption(.autoRead, value: false).get()
            for loop in group.makeIterator() { try await loop.submit {}.get() }
            try await listener.eventLoop.submit {}.get()
            try await listener.close()
        } catch ChannelError.alreadyClosed, ChannelError.ioOnClosedChannel {
            // Somebody else drains as well, and waits for the same.
        } catch {
            logger.error("the listener does not close", metadata: ["error": "\(error)"])
        }
    }
}
