import BgdemoFoundations
import BgdemoSMTPInbox
import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy that adds a round trip time, of which each direction takes half, and cuts connections.
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
    static func start(to target: Int, _ network: NetworkConditions) async throws -> LatencyProxy {
        let port = try await PortAllocator.free()
        let connections = Atomic(UInt64(0))
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                let number = connections.add(1, ordering: .relaxed).newValue
                // On the same event loop, so that the two handlers may call each other.
                return ClientBootstrap(group: client.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { server in
                        var random = SeededRandom(seed: SeededRandom.mix(network.seed) ^ number)
                        let toServer = DelayedForwarder(server, network.roundTrip, random.split())
                        let toClient = DelayedForwarder(client, network.roundTrip, random.split())
                        try client.pipeline.syncOperations.addHandler(toServer)
                        try server.pipeline.syncOperations.addHandler(toClient)
                        client.setOption(.autoRead, value: true).whenComplete { _ in }
                        server.setOption(.autoRead, value: true).whenComplete { _ in }
                        guard let mean = network.cutEvery else { return }
                        let time = TimeAmount.nanoseconds(Int64(mean / .nanoseconds(1) * random.exponential()))
                        client.eventLoop.scheduleTask(in: time) {
                            client.close(promise: nil)
                            server.close(promise: nil)
                        }
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
    private let roundTrip: ReplyDelay
    private var random: SeededRandom
    private var pending = 0
    /// When the last bytes are due: later ones come after them, however short their own delay is.
    private var lastDue = NIODeadline.uptimeNanoseconds(0)

    init(_ target: any Channel, _ roundTrip: ReplyDelay, _ random: SeededRandom) {
        (self.target, self.roundTrip, self.random) = (target, roundTrip, random)
    }

    private func nextDue() -> NIODeadline {
        let delay = roundTrip.sample(random.unit(), random.unit()) / .nanoseconds(2)
        lastDue = max(lastDue, .now() + .nanoseconds(Int64(delay)))
        return lastDue
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let source = context.channel
        pending += bytes.readableBytes
        if pending > Self.mostPending { source.setOption(.autoRead, value: false).whenComplete { _ in } }
        // Tasks of one event loop with deadlines that do not fall run in their order.
        context.eventLoop.assumeIsolated().scheduleTask(deadline: nextDue()) { [self] in
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
        context.eventLoop.scheduleTask(deadline: nextDue()) { target.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
