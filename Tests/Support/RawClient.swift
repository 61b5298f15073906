public import NIOCore
import NIOPosix
import BgdemoSystemCompat

/// A TCP client that sends what it is told and nothing else, and reads what comes, both in bytes. Every wait has a
/// deadline.
public final class RawClient: Sendable {
    private let channel: any Channel
    private let mailbox: NIOLoopBound<Mailbox>

    /// Why what was awaited did not come; what had come instead.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - greeting: What it sends at once, on its event loop: a task may have to wait for a core until the server's time
    ///     limits have passed. Default: nothing.
    ///   - receiveBuffer: Bytes of the socket's buffer for what comes, for a client that is slow to read.
    public static func connect(
        port: Int, sending greeting: String = "", receiveBuffer: Int? = nil
    ) async throws -> RawClient {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(
                .socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
        }
        let (channel, mailbox) = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let mailbox = Mailbox(greeting: greeting)
                try channel.pipeline.syncOperations.addHandler(mailbox)
                return (channel, NIOLoopBound(mailbox, eventLoop: channel.eventLoop))
            }
        }
        return RawClient(channel: channel, mailbox: mailbox)
    }

    private init(channel: any Channel, mailbox: NIOLoopBound<Mailbox>) {
        self.channel = channel
        self.mailbox = mailbox
    }

    // MARK: Sending

    public func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    public func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends without waiting for the peer to read.
    public func begin(sending bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }

    /// Sends each piece by itself. The peer may still read several at once.
    public func send(pieces: some Sequence<some Sequence<UInt8>>) async throws {
        for piece in pieces { try await send(Array(piece)) }
    }

    /// Sends no more, and reads on.
    public func closeOutput() async throws {
        try await channel.close(mode: .output)
    }

    /// Leaves as a program does that ends.
    public func close() async {
        try? await channel.close()
    }

    /// Leaves with a reset.
    public func abort() async throws {
        guard let socket = channel as? any SocketOptionProvider else {
            throw Failure(description: "the channel is no socket")
        }
        try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }

    /// Stops or goes on reading.
    public func read(_ reading: Bool) async throws {
        try await channel.setOption(.autoRead, value: reading).get()
    }

    // MARK: Receiving

    /// What the peer sends until it closes its half.
    public func readToEnd(within limit: TimeAmount = .seconds(10)) async throws -> [UInt8] {
        try await wait("the end of the connection", within: limit) { bytes, isClosed in
            isClosed ? bytes.readBytes(length: bytes.readableBytes) : nil
        }
    }

    /// The next response, whole.
    ///
    /// - Parameter method: The method that it answers: one to HEAD has no body.
    public func readResponse(
        to method: String = "GET", within limit: TimeAmount = .seconds(10)
    ) async throws -> RawResponse {
        try await wait("a response", within: limit) { bytes, _ in try RawResponse(from: &bytes, to: method) }
    }

    public func readResponses(
        _ count: Int, within limit: TimeAmount = .seconds(10)
    ) async throws -> [RawResponse] {
        var responses: [RawResponse] = []
        for _ in 0..<count { responses.append(try await readResponse(within: limit)) }
        return responses
    }

    /// What `parse` makes of the bytes that came, as soon as it makes something.
    public func wait<Value: Sendable>(
        _ what: String, within limit: TimeAmount = .seconds(10),
        for parse: @escaping @Sendable (_ bytes: inout ByteBuffer, _ isClosed: Bool) throws -> Value?
    ) async throws -> Value {
        let loop = channel.eventLoop
        return try await loop.flatSubmit { [mailbox] in
            let promise = loop.makePromise(of: Value.self)
            let timeout = loop.scheduleTask(in: limit) { [mailbox] in
                promise.fail(Failure(description: "no \(what) within \(limit); came: \(mailbox.value.text)"))
            }
            promise.futureResult.whenComplete { _ in timeout.cancel() }
            mailbox.value.expect { bytes, isClosed in
                do {
                    if let value = try parse(&bytes, isClosed) {
                        promise.succeed(value)
                    } else if isClosed {
                        promise.fail(Failure(description: "closed before \(what); came: \(String(buffer: bytes))"))
                    } else {
                        return false
                    }
                } catch {
                    promise.fail(error)
                }
                return true
            }
            return promise.futureResult
        }.get()
    }

    /// What came and was not awaited yet.
    private final class Mailbox: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let greeting: String
        private var bytes = ByteBuffer()
        private var isClosed = false
        private var expectation: ((inout ByteBuffer, Bool) -> Bool)?

        init(greeting: String) { self.greeting = greeting }

        var text: String { String(buffer: bytes) }

        /// Has the expectation look at what came, now and at every change, until it is content.
        func expect(_ expectation: @escaping (inout ByteBuffer, Bool) -> Bool) {
            self.expectation = expectation
            look()
        }

        private func look() {
            guard let expectation, expectation(&bytes, isClosed) else { return }
            self.expectation = nil
        }

        func channelActive(context: ChannelHandlerContext) {
            guard !greeting.isEmpty else { return }
            context.writeAndFlush(NIOAny(ByteBuffer(string: greeting)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.writeImmutableBuffer(unwrapInboundIn(data))
            look()
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { end() }
        }

        func channelInactive(context: ChannelHandlerContext) { end() }

        /// A reset is an end like any other.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func end() {
            isClosed = true
            look()
        }
    }
}
