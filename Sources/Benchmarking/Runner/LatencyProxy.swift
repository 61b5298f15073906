import NIOCore
import NIOPosix

/// A TCP proxy that adds a round trip time: it passes bytes on in each direction after half of it.
final class LatencyProxy: Sendable {
    let port: Int
    private let listener: any Channel

    private init(_ listener: any Channel, port: Int) {
        (self.listener, self.port) = (listener, port)
    }

    /// Listens on a free port of 127.0.0.1 and connects each of its clients to `target`.
    ///
    /// - Parameter target: A port of 127.0.0.1. A client is disconnected if no server listens there.
    /// - Throws: ``BenchmarkError`` if no port is free, and the error of a bind that fails.
    static func start(to target: Int, roundTrip: Duration) async throws -> LatencyProxy {
        let port = try await PortAllocator.free()
        let delay = TimeAmount.nanoseconds(Int64(roundTrip / .nanoseconds(2)))
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                // On the same event loop, so that the two handlers may call each other.
                ClientBootstrap(group: client.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { server in
                        let (toServer, toClient) = (DelayedForwarder(server, delay), DelayedForwarder(client, delay))
                        try client.pipeline.syncOperations.addHandler(toServer)
                        try server.pipeline.syncOperations.addHandler(toClient)
                        client.setOption(.autoRead, value: true).whenComplete { _ in }
                        server.setOption(.autoRead, value: true).whenComplete { _ in }
                    }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return LatencyProxy(listener, port: port)
    }

    func close() async { try? await listener.close() }
}

/// Writes what a channel receives to another one, each part after a delay and in order, and then its end.
private final class DelayedForwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// With more bytes on their way, no more is read.
    private static let mostPending = 1 << 20

    private let target: any Channel
    private let delay: TimeAmount
    private var pending = 0

    init(_ target: any Channel, _ delay: TimeAmount) {
        (self.target, self.delay) = (target, delay)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let source = context.channel
        pending += bytes.readableBytes
        if pending > Self.mostPending { source.setOption(.autoRead, value: false).whenComplete { _ in } }
        // Tasks of one event loop with rising deadlines run in their order.
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            target.writeAndFlush(bytes).assumeIsolated().whenComplete { [self] _ in
                let wasFull = pending > Self.mostPending
                pending -= bytes.readableBytes
                if wasFull, pending <= Self.mostPending {
                    source.setOption(.autoRead, value: true).whenComplete { _ in }
                }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let target = target
        context.eventLoop.scheduleTask(in: delay) { target.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
