import NIOCore

/// A body that is made piece by piece, for as long as the client stays: an event stream. A piece is asked for when the
/// client has taken the one before, so that a slow client makes nothing pile up.
public final class ResponseStream: Sendable, Hashable {
    let next: @Sendable () async -> String?
    private let ended: @Sendable () -> Void

    /// - Parameters:
    ///   - next: The next piece; nil at the end. Its task is cancelled when the connection is gone or the server stops.
    ///   - ended: Called once when nobody has the stream any more, even where it never began.
    public init(next: @escaping @Sendable () async -> String?, ended: @escaping @Sendable () -> Void) {
        self.next = next
        self.ended = ended
    }

    deinit { ended() }

    public static func == (one: ResponseStream, other: ResponseStream) -> Bool { one === other }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Has a connection that streams: writes each piece, and closes at the stream's end, when the client closes its half, when
/// the server drains, and when the client does not take a piece in time.
final class ResponseStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let stream: ResponseStream
    private let writeTime: TimeAmount
    private var writer: Task<Void, Never>?

    private init(_ stream: ResponseStream, writeTime: TimeAmount) {
        self.stream = stream
        self.writeTime = writeTime
    }

    /// Keeps everything that comes from `handler`, which has written the head.
    static func begin(
        _ stream: ResponseStream, before handler: any ChannelHandler, _ context: ChannelHandlerContext,
        writeTime: TimeAmount
    ) {
        do {
            try context.pipeline.syncOperations.addHandler(
                ResponseStreamHandler(stream, writeTime: writeTime), position: .before(handler))
        } catch {
            context.close(promise: nil)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let (channel, stream, writeTime) = (context.channel, stream, writeTime)
        writer = Task {
            while let piece = await stream.next(), !Task.isCancelled {
                let late = channel.eventLoop.scheduleTask(in: writeTime) { channel.close(promise: nil) }
                let isWritten: Void? = try? await channel.writeAndFlush(ByteBuffer(string: piece)).get()
                late.cancel()
                guard isWritten != nil else { break }
            }
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { writer?.cancel() }

    /// A client has nothing to say any more.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelReadComplete(context: ChannelHandlerContext) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is DrainEvent: context.close(promise: nil)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        writer?.cancel()
        context.fireChannelInactive()
    }
}
