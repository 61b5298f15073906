import NIOCore

/// One connection's bytes, as replies. When it ends, for whatever reason, it says so once.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ReconnectingConnection
    private var reader = ReplyReader()
    private var context: ChannelHandlerContext?
    private var why = RedisError.connectionLost("the other end closed it")

    init(_ connection: ReconnectingConnection) {
        self.connection = connection
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
        connection.channelDidOpen(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(ReplyReader.Malformed) {
            try reader.feed(unwrapInboundIn(data))
            while let reply = try reader.next() { connection.received(reply, self) }
        } catch {
            end(context, .protocolViolation(error.reason))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.readCompleted(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, .connectionLost(error.plainDescription))
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.channelDidClose(self, why)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, _ why: RedisError) {
        self.why = why
        connection.channelDidClose(self, why)
        context.close(promise: nil)
    }
}
