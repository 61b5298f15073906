import NIOCore

/// One connection to the service, with at most one request under way.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let channel: any Channel
    private let scheduler: LoadScheduler
    private var reader = ResponseReader()
    private var input = ByteBuffer()
    private var number: Int?
    private var sentAt: Int64 = 0

    init(_ channel: any Channel, _ scheduler: LoadScheduler) {
        self.channel = channel
        self.scheduler = scheduler
    }

    func send(_ number: Int, _ request: ByteBuffer, at time: Int64) {
        self.number = number
        sentAt = time
        channel.writeAndFlush(request, promise: nil)
    }

    func close() { channel.close(promise: nil) }

    /// Whether a request has been under way since this time or longer.
    func hasWaited(since time: Int64) -> Bool { number != nil && sentAt <= time }

    func channelActive(context: ChannelHandlerContext) { scheduler.connected(self) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
        scheduler.answered(self, number, status: status)
        if staysOpen, input.readableBytes == 0 { scheduler.becameIdle(self) } else { close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let status = reader.statusAtEnd { answered(status, staysOpen: false) }
        scheduler.closed(self, without: number)
        number = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
