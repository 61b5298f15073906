package import NIOCore
import NIOPosix

/// The reading end of a pipe: it cuts what it reads into lines.
package final class LineInboundHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    private let didReceive: ([LineReader.Line]) -> Void
    private let didReadAll: () -> Void
    private let didClose: () -> Void
    private var reader = LineReader()

    /// - Parameters:
    ///   - didReceive: Called with the lines of one read.
    ///   - didReadAll: Called when nothing more is there for now.
    ///   - didClose: Called once, after everything that the other side has written.
    package init(
        didReceive: @escaping ([LineReader.Line]) -> Void, didReadAll: @escaping () -> Void = {},
        didClose: @escaping () -> Void = {}
    ) {
        self.didReceive = didReceive
        self.didReadAll = didReadAll
        self.didClose = didClose
    }

    /// Reads a pipe to its end, and closes it.
    package static func read(
        from pipe: CInt, on loop: any EventLoop, _ makeHandler: @escaping @Sendable () -> LineInboundHandler
    ) async throws {
        _ = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { $0.add(makeHandler) }
            .takingOwnershipOfDescriptor(input: pipe).get()
    }

    /// Reads a socket to its end, and closes it.
    static func read(
        fromSocket socket: CInt, on loop: any EventLoop, _ makeHandler: @escaping @Sendable () -> LineInboundHandler
    ) async throws {
        _ = try await ClientBootstrap(group: loop)
            .channelInitializer { $0.add(makeHandler) }
            .withConnectedSocket(socket).get()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        var lines: [LineReader.Line] = []
        while let line = reader.next() { lines.append(line) }
        if !lines.isEmpty { didReceive(lines) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) { didReadAll() }

    package func channelInactive(context: ChannelHandlerContext) { didClose() }

    /// A pipe that can't be read has ended.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension Channel {
    fileprivate func add(_ makeHandler: @escaping @Sendable () -> LineInboundHandler) -> EventLoopFuture<Void> {
        eventLoop.makeCompletedFuture { try pipeline.syncOperations.addHandler(makeHandler()) }
    }
}
