import BgdemoHTTPServer
import BgdemoNetSupport
import BgdemoTestSupport
import Foundation
import Logging
import NIOPosix
import Testing

@Suite("A server that drains", .timeLimit(.minutes(1)))
struct DrainTests {
    private static let get = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("A drain answers begun requests, closes idle connections and accepts no more")
    func graceful() async throws {
        let handler = HoldingHandler()
        try await withServer(handler) { server in
            let waiting = try await RawClient.connect(port: server.port)
            try await waiting.send(Self.get)
            await handler.arrival("/1")
            let halfRead = try await RawClient.connect(port: server.port)
            try await halfRead.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n")
            await handler.arrival("/first")
            handler.release("/first")
            #expect(try await halfRead.readResponse().text == "/first")
            let idle = try await RawClient.connect(port: server.port)
            try await idle.send("GET /idle HTTP/1.1\r\nHost: a\r\n\r\n")
            await handler.arrival("/idle")
            handler.release("/idle")
            #expect(try await idle.readResponse().values("connection") == [])

            async let drained: Void = server.drain(within: .seconds(50))
            #expect(try await idle.readToEnd() == [])
            await #expect(throws: (any Error).self) { try await RawClient.connect(port: server.port) }

            handler.release("/1")
            let answer = try await waiting.readResponse()
            #expect(answer.text == "/1")
            #expect(answer["connection"] == "close")
            #expect(try await waiting.readToEnd() == [])
            await waiting.close()

            try await halfRead.send("Host: a\r\n\r\n")
            await handler.arrival("/2")
            handler.release("/2")
            let last = try await halfRead.readResponse()
            #expect(last.text == "/2")
            #expect(last["connection"] == "close")
            #expect(try await halfRead.readToEnd() == [])
            await halfRead.close()
            await idle.close()
            await drained
        }
    }

    @Test("When a server hands its socket to the next, every client is answered")
    func handover() async throws {
        let shared = try await SharedListener.bind(
            host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton)
        let (isOver, last) = (Watched(false), Watched<HTTPServer?>(nil))
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await Self.ask(shared.port, until: isOver) } }
            group.addTask {
                defer { isOver.change { $0 = true } }
                var server = try await Self.server(on: shared)
                for _ in 0..<40 {
                    try await Task.sleep(for: .milliseconds(5))
                    await server.stopAccepting()
                    let next = try await Self.server(on: shared)
                    await server.drain(within: .seconds(20))
                    server = next
                }
                last.change { $0 = server }
                return 0
            }
            return try await group.reduce(0, +)
        }
        #expect(answered > 40)
        await last.value?.drain(within: .seconds(20))
        await shared.close()
    }

    private static func server(on shared: SharedListener) async throws -> HTTPServer {
        try await HTTPServer.start(
            host: "127.0.0.1", port: shared.port, listener: dup(shared.socket),
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, handler: Echo())
    }

    private static func ask(_ port: Int, until isOver: Watched<Bool>) async throws -> Int {
        var count = 0
        while !isOver.value {
            let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let client = try await RawClient.connect(port: port, sending: request)
            #expect(try await client.readResponse().status == 200)
            await client.close()
            count += 1
        }
        return count
    }

    @Test("A drain closes connections at its time limit; a second drain does nothing")
    func bounded() async throws {
        let handler = HoldingHandler()
        try await withServer(handler) { server in
            let waiting = try await RawClient.connect(port: server.port)
            try await waiting.send(Self.get)
            await handler.arrival("/1")
            let halfRead = try await RawClient.connect(port: server.port)
            try await halfRead.send("GET /2 HTTP/1.1\r\n")
            await server.drain(within: .milliseconds(50))
            #expect(server.openConnections == 0)
            #expect(try await waiting.readToEnd() == [])
            #expect(try await halfRead.readToEnd() == [])
            await server.drain(within: .seconds(50))
            handler.releaseAll()
            await waiting.close()
            await halfRead.close()
        }
    }
}

@Suite("A server that is full", .timeLimit(.minutes(1)))
struct FullTests {
    @Test("A full server answers 503 without a reset, and accepts again when a connection has closed")
    func full() async throws {
        var limits = HTTPLimits()
        limits.connections = 2
        try await withServer(Echo(), limits: limits) { server in
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            let first = try await RawClient.connect(port: server.port)
            let second = try await RawClient.connect(port: server.port)
            for client in [first, second] {
                try await client.send(request)
                #expect(try await client.readResponse().status == 200)
            }
            let third = try await RawClient.connect(port: server.port)
            try await third.send(String(repeating: request, count: 1000))
            let refusal = try await third.readResponse()
            #expect(refusal.status == 503)
            #expect(refusal["retry-after"] == "1")
            #expect(refusal["connection"] == "close")
            #expect(refusal.text.contains("2 connections are open"))
            #expect(try await third.readToEnd() == [])
            await third.close()

            await first.close()
            // The server learns of it in its own time; too many that ask meanwhile are not even answered.
            while (try? await exchange(Array(request.utf8), with: server))?.status != 200 {}
            await second.close()
        }
    }

    @Test("A full server keeps a bounded number of refused connections")
    func crowded() async throws {
        var limits = HTTPLimits()
        limits.connections = 1
        try await withServer(Echo(), limits: limits) { server in
            var clients: [RawClient] = []
            for _ in 0..<100 { clients.append(try await RawClient.connect(port: server.port)) }
            #expect(server.openConnections <= 17)
            for client in clients { await client.close() }
        }
    }
}
