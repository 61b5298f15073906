import NIOCore

/// The reading end of a pipe: lines, as many as one read brings.
final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let heard: ([LineReader.Line]) -> Void
    private let readComplete: () -> Void
    private let ended: () -> Void
    private var reader = LineReader()

    /// - Parameter ended: Called once, when everything that the other side has written before its end was heard.
    init(
        heard: @escaping ([LineReader.Line]) -> Void, readComplete: @escaping () -> Void, ended: @escaping () -> Void
    ) {
        self.heard = heard
        self.readComplete = readComplete
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.append(unwrapInboundIn(data))
        var lines: [LineReader.Line] = []
        while let line = reader.next() { lines.append(line) }
        if !lines.isEmpty { heard(lines) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { readComplete() }

    func channelInactive(context: ChannelHandlerContext) { ended() }

    /// What can't be read any more has ended.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
