package import NIOCore
import NIOPosix

/// The reading end of a pipe: lines, as many as one read brings.
package final class LineInboundHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    private let heard: ([LineReader.Line]) -> Void
    private let readComplete: () -> Void
    private let ended: () -> Void
    private var reader = LineReader()

    /// - Parameter ended: Called once, when everything that the other side has written before its end was heard.
    package init(
        heard: @escaping ([LineReader.Line]) -> Void, readComplete: @escaping () -> Void = {},
        ended: @escaping () -> Void = {}
    ) {
        self.heard = heard
        self.readComplete = readComplete
        self.ended = ended
    }

    /// Listens to a pipe, which is closed when it has ended.
    package static func listen(
        to pipe: CInt, on loop: any EventLoop, _ ear: @escaping @Sendable () -> LineInboundHandler
    ) async throws {
        _ = try await NIOPipeBootstrap(group: loop).addingLineHandler(ear).takingOwnershipOfDescriptor(input: pipe)
            .get()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        var lines: [LineReader.Line] = []
        while let line = reader.next() { lines.append(line) }
        if !lines.isEmpty { heard(lines) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) { readComplete() }

    package func channelInactive(context: ChannelHandlerContext) { ended() }

    /// What can't be read any more has ended.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

extension NIOPipeBootstrap {
    func addingLineHandler(_ ear: @escaping @Sendable () -> LineInboundHandler) -> Self {
        channelInitializer { $0.add(ear) }
    }
}

extension ClientBootstrap {
    func addingLineHandler(_ ear: @escaping @Sendable () -> LineInboundHandler) -> Self {
        channelInitializer { $0.add(ear) }
    }
}

extension Channel {
    fileprivate func add(_ ear: @escaping @Sendable () -> LineInboundHandler) -> EventLoopFuture<Void> {
        eventLoop.makeCompletedFuture { try pipeline.syncOperations.addHandler(ear()) }
    }
}
