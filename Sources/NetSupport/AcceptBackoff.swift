import BgdemoSystemCompat
import Logging
import NIOCore
import NIOPosix

/// Accepts no connection for a second after an error for want of files or memory: else the loop would try again without
/// end, with a whole core. (NIO's AcceptBackoffHandler waits once; the listener stays readable, and the next error spins.)
final class AcceptBackoff: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let code = (error as? IOError)?.errnoCode, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) else {
            return context.fireErrorCaught(error)
        }
        logger.warning("New clients have to wait: too many files are open (ulimit -n), or memory is out")
        let channel = context.channel
        // Neither fails but on a listener that is closed, where there is nothing left to accept.
        channel.setOption(.autoRead, value: false).whenSuccess {
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.setOption(.autoRead, value: true) }
        }
    }
}
