public import BgdemoNetSupport
public import Logging
public import Metrics
public import NIOCore
import NIOPosix
import Synchronization

/// An HTTP/1 server: listens on one address, hands each request to its handler, drains when asked to stop.
public final class HTTPServer: Sendable {
    private let listener: any Channel
    /// Whether the listener was given, by a process that has it too.
    private let isShared: Bool
    private let group: any EventLoopGroup
    private let connections: HTTPConnectionRegistry
    private let budget: ReceiveBudget
    private let logger: Logger

    /// Binds and serves at once.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free port; ``port`` then says which.
    ///   - listener: A bound socket, which another process shares with this one. `host` and `port` then only describe it.
    ///     Default: none.
    ///   - limits: Default: ``HTTPLimits/init()``.
    ///   - metrics: Where requests, connections and times are counted. Two servers with the same factory count as one.
    ///     Default: the process' metrics.
    /// - Throws: ``BindError`` where the address can't be listened on.
    public static func start(
        host: String, port: Int, listener: NIOBSDSocket.Handle? = nil, limits: HTTPLimits = HTTPLimits(),
        metrics: any MetricsFactory = MetricsSystem.factory, group: any EventLoopGroup, logger: Logger,
        handler: any HTTPHandler
    ) async throws(BindError) -> HTTPServer {
        let connections = HTTPConnectionRegistry(limit: limits.connections, metrics: metrics, logger: logger)
        let budget = ReceiveBudget(limit: limits.receivedBytes)
        let turns = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), TurnQueue(on: $0)) })
        let bootstrap = ServerBootstrap.listening(on: group, logger: logger) { channel in
            let rejection: Problem?
            switch connections.admit(channel) {
            case .accepted: rejection = nil
            case .rejected(let problem): rejection = problem
            case .closed: return channel.close(promise: nil)
            }
            try channel.pipeline.syncOperations.addHandler(
                HTTPConnectionHandler(
                    handler: handler, limits: limits, budget: budget, observer: connections, loop: channel.eventLoop,
                    turns: turns[ObjectIdentifier(channel.eventLoop)] ?? TurnQueue(on: channel.eventLoop),
                    rejection: rejection))
        }
        do {
            let channel =
                if let listener {
                    try await bootstrap.withBoundSocket(listener).get()
                } else {
                    try await bootstrap.bind(host: host, port: port).get()
                }
            return HTTPServer(
                listener: channel, isShared: listener != nil, group: group, connections: connections, budget: budget,
                logger: logger)
        } catch {
            throw BindError(host: host, port: port, error)
        }
    }

    private init(
        listener: any Channel, isShared: Bool, group: any EventLoopGroup, connections: HTTPConnectionRegistry,
        budget: ReceiveBudget,
        logger: Logger
    ) {
        (self.listener, self.isShared) = (listener, isShared)
        self.budget = budget
        self.group = group
        self.connections = connections
        self.logger = logger
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    /// How many connections are open.
    public var openConnections: Int { connections.count }

    /// Bytes that all connections hold of requests that are not answered.
    var receivedBytes: Int { budget.bytes }

    /// Stops accepting, answers what is in hand, and returns when the last connection is closed: by itself, or by the
    /// server after `limit`. Calling it again does nothing.
    public func drain(within limit: Duration) async {
        await stopAccepting()
        await connections.drain(within: limit)
    }

    /// Closes the listener. Connections that are open are served.
    public func stopAccepting() async {
        do {
            try await listener.stopListening(group: group, isShared: isShared)
        } catch ChannelError.alreadyClosed, ChannelError.ioOnClosedChannel {
            // Another caller has closed it.
        } catch {
            logger.error("The listener does not close", metadata: ["error": "\(error)"])
        }
    }
}
