import NIOCore
import NIOPosix
import BgdemoTestSupport
import Synchronization
import Testing

@testable import BgdemoHTTPServer

@Suite("A client that leaves before its answer is counted", .timeLimit(.minutes(1)))
struct AbandonTests {
    /// Counts what the connection tells of itself.
    private final class Count: ConnectionObserver {
        private let abandonments = Mutex(0)

        var abandoned: Int { abandonments.withLock { $0 } }

        func didRespond(_ status: HTTPStatus, in time: TimeAmount) {}
        func didAbandon(_ requests: Int) { abandonments.withLock { $0 += requests } }
        func didFail(_ error: any Error) {}
    }

    /// What becomes of the server's end of the connection.
    private struct End {
        let gone: EventLoopFuture<Void>
        let inputClosed: EventLoopFuture<Void>
    }

    private final class InputWatch: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let inputClosed: EventLoopPromise<Void>

        init(_ inputClosed: EventLoopPromise<Void>) {
            self.inputClosed = inputClosed
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            context.fireUserInboundEventTriggered(event)
            if case ChannelEvent.inputClosed = event { inputClosed.succeed() }
        }
    }

    private static let get = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("A handler is cancelled when the client resets the connection")
    func reset() async throws {
        let abandoned = try await counted { client, handler, end in
            try await client.abort()
            // The reset ends the connection, whatever the handler does.
            try await end.gone.get()
            handler.release("/1")
        }
        #expect(abandoned == 1)
    }

    @Test("A handler is cancelled when the client's process ends")
    func closed() async throws {
        let abandoned = try await counted { client, handler, end in
            await client.close()
            try await end.inputClosed.get()
            handler.release("/1")
            try await end.gone.get()
        }
        #expect(abandoned == 1)
    }

    @Test("A handler goes on when the client closes its half of the connection")
    func halfClosed() async throws {
        let abandoned = try await counted { client, handler, end in
            try await client.closeOutput()
            try await end.inputClosed.get()
            handler.release("/1")
            #expect(try await client.readResponse().text == "/1")
            #expect(try await client.readToEnd() == [])
            await client.close()
            try await end.gone.get()
        }
        #expect(abandoned == 0)
    }

    @Test("A handler that has answered is not cancelled")
    func answered() async throws {
        let abandoned = try await counted { client, handler, end in
            handler.release("/1")
            #expect(try await client.readResponse().text == "/1")
            await client.close()
            try await end.gone.get()
        }
        #expect(abandoned == 0)
    }

    /// How many were counted when `leave` had its way with one request in the handler's hands.
    ///
    /// - Parameter leave: Is given what becomes of the server's end.
    private func counted(_ leave: (RawClient, HoldingHandler, End) async throws -> Void) async throws -> Int {
        let count = Count()
        let handler = HoldingHandler()
        let gone = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        let inputClosed = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.closeFuture.cascade(to: gone)
                channel.closeFuture.whenComplete { _ in inputClosed.succeed() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        InputWatch(inputClosed),
                        HTTPConnectionHandler(
                            handler: handler, limits: HTTPLimits(), budget: ReceiveBudget(limit: .max), observer: count,
                            loop: channel.eventLoop, turns: TurnQueue(on: channel.eventLoop)),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await RawClient.connect(port: listener.localAddress?.port ?? 0)
        try await client.send(Self.get)
        await handler.arrival("/1")
        try await leave(client, handler, End(gone: gone.futureResult, inputClosed: inputClosed.futureResult))
        try await listener.close()
        return count.abandoned
    }
}
