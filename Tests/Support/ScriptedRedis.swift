public import NIOCore
import NIOPosix

/// Something that listens where a Redis should be, and answers each read with what the test's script says.
public final class ScriptedRedis: Sendable {
    private let listener: any Channel

    /// Serves on a free port of 127.0.0.1.
    ///
    /// - Parameter script: From the number of the read on its connection (the first, 0, is the greeting) and its bytes
    ///   to the answer; nil hangs up.
    public static func start(_ script: @escaping @Sendable (Int, ByteBuffer) -> ByteBuffer?) async throws
        -> ScriptedRedis
    {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedRedis(listener)
    }

    private init(_ listener: any Channel) {
        self.listener = listener
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    public func close() async throws { try await listener.close() }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let script: @Sendable (Int, ByteBuffer) -> ByteBuffer?
    private var reads = 0

    init(_ script: @escaping @Sendable (Int, ByteBuffer) -> ByteBuffer?) {
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let answer = script(reads, unwrapInboundIn(data)) else { return context.close(promise: nil) }
        reads += 1
        context.writeAndFlush(NIOAny(answer), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
