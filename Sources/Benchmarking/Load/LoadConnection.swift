package import NIOCore

/// What keeps the connections of a load. All calls are on the connections' event loop.
package protocol LoadConnectionOwner: AnyObject {
    func connected(_ connection: LoadConnection)
    func answered(_ connection: LoadConnection, _ number: Int, status: Int)
    func becameIdle(_ connection: LoadConnection)
    /// The connection has ended, before the answer to request `number` if there was one.
    func closed(_ connection: LoadConnection, without number: Int?)
}

/// One connection to the service, with at most one request under way.
package final class LoadConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    private let channel: any Channel
    private let owner: any LoadConnectionOwner
    private var reader = ResponseReader()
    private var input = ByteBuffer()
    private var number: Int?
    private var sentAt: Int64 = 0

    package init(_ channel: any Channel, _ owner: any LoadConnectionOwner) {
        self.channel = channel
        self.owner = owner
    }

    package func send(_ number: Int, _ request: ByteBuffer, at time: Int64) {
        self.number = number
        sentAt = time
        channel.writeAndFlush(request, promise: nil)
    }

    package func close() { channel.close(promise: nil) }

    /// Whether a request has been under way since this time or longer.
    package func hasWaited(since time: Int64) -> Bool { number != nil && sentAt <= time }

    package func channelActive(context: ChannelHandlerContext) { owner.connected(self) }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        while number != nil {
            switch reader.next(&input) {
            case .needsMore: return
            case .answer(let status, let keepsAlive): answered(status, staysOpen: keepsAlive)
            case .broken: return context.close(promise: nil)
            }
        }
        // A response without a request is a protocol error.
        if input.readableBytes > 0 { context.close(promise: nil) }
    }

    private func answered(_ status: Int, staysOpen: Bool) {
        guard let number else { return }
        self.number = nil
        owner.answered(self, number, status: status)
        if staysOpen, input.readableBytes == 0 { owner.becameIdle(self) } else { close() }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if let status = reader.statusAtEnd { answered(status, staysOpen: false) }
        owner.closed(self, without: number)
        number = nil
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
