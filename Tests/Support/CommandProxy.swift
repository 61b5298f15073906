import NIOCore
import NIOPosix
import Synchronization

/// The network between a program and its Redis, which ends at one of the program's commands: nothing passes from then on.
public final class CommandProxy: Sendable {
    /// Where it ends.
    public enum End: Sendable {
        /// Redis does not get the command of this number, counted from 1 over all connections.
        case before(Int)
        /// Redis gets the command, and the program does not get its reply.
        case after(Int)
    }

    private let listener: any Channel

    /// Listens on a free port of 127.0.0.1, and connects each client to the socket file.
    ///
    /// - Parameter didEnd: Called once, when the end has come.
    public static func start(to socket: String, end: End, didEnd: @escaping @Sendable () -> Void) async throws
        -> CommandProxy
    {
        let state = ProxyState(end: end, didEnd: didEnd)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(ReplyPipe(to: client, state))
                        }
                    }
                    .connect(unixDomainSocketPath: socket)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(CommandPipe(to: server, state))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return CommandProxy(listener)
    }

    private init(_ listener: any Channel) {
        self.listener = listener
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    public func close() async throws { try await listener.close() }
}

private final class ProxyState: Sendable {
    enum Fate { case pass, passAndEnd, drop }

    private let end: CommandProxy.End
    private let didEnd: @Sendable () -> Void
    private let state = Mutex((commands: 0, isOver: false))

    init(end: CommandProxy.End, didEnd: @escaping @Sendable () -> Void) {
        (self.end, self.didEnd) = (end, didEnd)
    }

    var isOver: Bool { state.withLock(\.isOver) }

    /// What becomes of the next command.
    func count() -> Fate {
        let fate: Fate = state.withLock { state in
            guard !state.isOver else { return .drop }
            state.commands += 1
            switch end {
            case .before(let number) where state.commands == number:
                state.isOver = true
                return .drop
            case .after(let number) where state.commands == number:
                state.isOver = true
                return .passAndEnd
            default: return .pass
            }
        }
        return fate
    }

    func finish() { didEnd() }
}

/// Cuts what the client sends into commands: `*<words>`, then `$<length>` and the bytes of each word.
private final class CommandPipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: any Channel
    private let state: ProxyState
    private var bytes = ByteBuffer()

    init(to server: any Channel, _ state: ProxyState) {
        (self.server, self.state) = (server, state)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.writeImmutableBuffer(unwrapInboundIn(data))
        while let length = commandLength, let command = bytes.readSlice(length: length) {
            let wasOver = state.isOver
            switch state.count() {
            case .pass: server.writeAndFlush(command, promise: nil)
            case .passAndEnd: server.writeAndFlush(command).whenComplete { [state] _ in state.finish() }
            case .drop: if !wasOver { state.finish() }
            }
        }
    }

    /// The bytes of the first command; nil where it has not come to its end.
    private var commandLength: Int? {
        let view = bytes.readableBytesView
        var place = view.startIndex
        func line() -> Int? {
            guard let end = view[place...].firstIndex(of: 0x0a) else { return nil }
            defer { place = end + 1 }
            return Int(String(decoding: view[(place + 1)..<(end - 1)], as: UTF8.self))
        }
        guard let words = line() else { return nil }
        for _ in 0..<words {
            guard let length = line(), place + length + 2 <= view.endIndex else { return nil }
            place += length + 2
        }
        return place - view.startIndex
    }

    func channelInactive(context: ChannelHandlerContext) { server.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class ReplyPipe: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let client: any Channel
    private let state: ProxyState

    init(to client: any Channel, _ state: ProxyState) {
        (self.client, self.state) = (client, state)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !state.isOver { client.writeAndFlush(unwrapInboundIn(data), promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
