import NIOCore

/// One connection's bytes, as replies. When it ends, for whatever reason, it says so once.
final class Wire: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let line: Line
    private var reader = ReplyReader()
    private var context: ChannelHandlerContext?
    private var why = RedisError.lost("the other end closed it")

    init(_ line: Line) {
        self.line = line
    }

    func write(_ bytes: ByteBuffer) {
        context?.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    func read(_ isReading: Bool) {
        context?.channel.setOption(.autoRead, value: isReading).whenFailure { _ in
            // Only a channel that is closed has no options.
        }
    }

    func close() {
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        line.opened(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(ReplyReader.Malformed) {
            try reader.feed(unwrapInboundIn(data))
            while let reply = try reader.next() { line.received(reply, self) }
        } catch {
            end(context, .protocolViolation(error.reason))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        line.readCompleted(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, .lost(error.inWords))
    }

    func channelInactive(context: ChannelHandlerContext) {
        line.broke(self, why)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, _ why: RedisError) {
        self.why = why
        line.broke(self, why)
        context.close(promise: nil)
    }
}
