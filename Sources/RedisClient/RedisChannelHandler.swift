import NIOCore

/// Turns the bytes of one connection into replies. When the connection ends, for whatever reason, it reports so once.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ReconnectingConnection
    private var decoder: RESPDecoder
    private var context: ChannelHandlerContext?
    private var reason = RedisError.connectionLost("the server closed it")

    init(_ connection: ReconnectingConnection, replyByteLimit: Int) {
        self.connection = connection
        decoder = RESPDecoder(byteLimit: replyByteLimit)
    }

    func write(_ bytes: ByteBuffer) {
        context?.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    func read(_ isReading: Bool) {
        context?.channel.setOption(.autoRead, value: isReading).whenFailure { _ in
            // Only a closed channel has no options.
        }
    }

    /// - Returns: Succeeds when the channel is closed; nil where it is already.
    @discardableResult
    func close() -> EventLoopFuture<Void>? {
        let end = context?.channel.closeFuture
        context?.close(promise: nil)
        return end
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
        do throws(RESPDecoder.MalformedReply) {
            try decoder.feed(unwrapInboundIn(data))
            while let reply = try decoder.next() { connection.received(reply, self) }
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
        connection.channelDidClose(self, reason)
        context.fireChannelInactive()
    }

    private func end(_ context: ChannelHandlerContext, _ reason: RedisError) {
        self.reason = reason
        connection.channelDidClose(self, reason)
        context.close(promise: nil)
    }
}
