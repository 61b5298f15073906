import NIOCore
import NIOEmbedded
import Testing

@testable import BgdemoHTTPServer

/// A connection on a loop whose clock only the test moves, and below it a wire that can be stuck.
final class EmbeddedConnection {
    let channel: EmbeddedChannel
    let observer = Observer()
    let budget: ReceiveBudget
    private let bottom = Bottom()

    /// What the connection tells of itself.
    final class Observer: ConnectionObserver, @unchecked Sendable {
        // Used on the test's own thread alone, as the embedded channel is.
        var statuses: [Int] = []
        var abandoned = 0

        func didRespond(_ status: HTTPStatus, in time: TimeAmount) { statuses.append(status.code) }
        func didAbandon(_ requests: Int) { abandoned += requests }
        func didFail(_ error: any Error) {}
    }

    /// Below the connection, in the place of a socket: keeps the writes of a client that does not read.
    private final class Bottom: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var isStuck = false
        var stuck: [EventLoopPromise<Void>] = []
        var isOutputClosed = false

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if isStuck, let promise {
                stuck.append(promise)
                context.write(data, promise: nil)
            } else {
                context.write(data, promise: promise)
            }
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .all else {
                // The embedded channel would close as a whole.
                isOutputClosed = true
                promise?.succeed()
                return
            }
            context.close(promise: promise)
        }
    }

    init(_ handler: any HTTPHandler, limits: HTTPLimits = HTTPLimits()) throws {
        channel = EmbeddedChannel()
        budget = ReceiveBudget(limit: limits.receivedBytes)
        try channel.pipeline.syncOperations.addHandlers([
            bottom,
            HTTPConnectionHandler(
                handler: handler, limits: limits, budget: budget, observer: observer, loop: channel.eventLoop,
                turns: TurnQueue(on: channel.eventLoop)),
        ])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    var isOpen: Bool { channel.isActive }
    var isOutputClosed: Bool { bottom.isOutputClosed }

    func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    func event(_ event: any Sendable) { channel.pipeline.fireUserInboundEventTriggered(event) }

    func pass(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    /// What was written since last asked.
    func written() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    func stick() { bottom.isStuck = true }

    /// The client reads the oldest write that it has not.
    func readOne() {
        if !bottom.stuck.isEmpty { bottom.stuck.removeFirst().succeed() }
    }

    func fillUp(_ full: Bool) {
        channel.isWritable = !full
        channel.pipeline.fireChannelWritabilityChanged()
    }
}
