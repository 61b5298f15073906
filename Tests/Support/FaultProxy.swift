import NIOCore
import NIOPosix
import Synchronization

/// The network between a program and its Redis (or whatever else listens on a socket file), as bad as a test wants it.
public final class FaultProxy: Sendable {
    public enum Condition: Sendable {
        case normal
        /// Connections stay and new ones are taken, and nothing passes: it is not lost, but waits for fair weather.
        case frozen
        /// What the server answers is lost; what the client sends arrives.
        case droppingReplies
        /// New connections end at once.
        case refusing
    }

    private let network: Network
    private let listener: any Channel

    /// Listens on a free port of 127.0.0.1, and connects each client to the socket file.
    public static func start(to socket: String) async throws -> FaultProxy {
        let network = Network(socket)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in network.join(client) }
            .bind(host: "127.0.0.1", port: 0).get()
        return FaultProxy(network, listener)
    }

    private init(_ network: Network, _ listener: any Channel) {
        self.network = network
        self.listener = listener
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    /// How many connections clients have made so far.
    public var connections: Int { network.state.withLock(\.accepted) }

    /// How many bytes of replies were lost so far.
    public var droppedBytes: Int { network.state.withLock(\.dropped) }

    /// Returns when the weather is such for every connection.
    public func set(_ condition: Condition) async throws {
        let (ends, held) = network.state.withLock { state in
            state.condition = condition
            return (Array(state.ends.values), condition == .frozen ? [] : state.takeHeld())
        }
        for pass in held { pass() }
        for end in ends {
            do {
                try await end.setOption(.autoRead, value: condition != .frozen).get()
            } catch ChannelError.ioOnClosedChannel {
                // It has its weather behind it.
            }
        }
    }

    /// Connects new clients to another socket file; those that are connected stay where they are, as behind an address
    /// that moves.
    public func redirect(to socket: String) { network.state.withLock { $0.socket = socket } }

    /// Cuts every connection.
    public func cut() {
        let (ends, held) = network.state.withLock { (Array($0.ends.values), $0.takeHeld()) }
        for end in ends { end.close(promise: nil) }
        for pass in held { pass() }
    }

    public func close() async throws {
        cut()
        try await listener.close()
    }
}

private final class Network: Sendable {
    struct State {
        var socket: String
        var condition = FaultProxy.Condition.normal
        var accepted = 0
        var dropped = 0
        var ends: [ObjectIdentifier: any Channel] = [:]
        /// What is to happen when the condition is no longer frozen.
        var held: [@Sendable () -> Void] = []

        mutating func takeHeld() -> [@Sendable () -> Void] {
            defer { held = [] }
            return held
        }
    }

    let state: Mutex<State>

    init(_ socket: String) {
        state = Mutex(State(socket: socket))
    }

    func join(_ client: any Channel) -> EventLoopFuture<Void> {
        let (condition, socket) = state.withLock { state in
            state.accepted += 1
            return (state.condition, state.socket)
        }
        if condition == .refusing { return client.close() }
        return ClientBootstrap(group: client.eventLoop)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(Pipe(to: client, self, carriesReplies: true))
                }
            }
            .connect(unixDomainSocketPath: socket)
            .flatMap { server in
                client.pipeline.addHandler(Pipe(to: server, self, carriesReplies: false))
            }
    }

    func add(_ end: any Channel) -> Bool {
        state.withLock { state in
            state.ends[ObjectIdentifier(end)] = end
            return state.condition != .frozen
        }
    }

    /// Does it now, or after the frozen condition: an end that was closed is read to its end, whatever `autoRead` says.
    func pass(_ action: @escaping @Sendable () -> Void) {
        let isHeld = state.withLock { state in
            guard state.condition == .frozen else { return false }
            state.held.append(action)
            return true
        }
        if !isHeld { action() }
    }

    func remove(_ end: any Channel) {
        state.withLock { $0.ends[ObjectIdentifier(end)] = nil }
    }
}

private final class Pipe: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let network: Network
    private let carriesReplies: Bool

    init(to other: any Channel, _ network: Network, carriesReplies: Bool) {
        self.other = other
        self.network = network
        self.carriesReplies = carriesReplies
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard !network.add(context.channel) else { return }
        context.channel.setOption(.autoRead, value: false).whenFailure { [other] _ in other.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let isDropped = network.state.withLock { state in
            guard carriesReplies, state.condition == .droppingReplies else { return false }
            state.dropped += bytes.readableBytes
            return true
        }
        if !isDropped { network.pass { [other] in other.writeAndFlush(bytes, promise: nil) } }
    }

    func channelInactive(context: ChannelHandlerContext) {
        network.remove(context.channel)
        network.pass { [other] in other.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
