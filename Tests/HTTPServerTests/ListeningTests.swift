import BgdemoNetSupport
import BgdemoSystemCompat
import BgdemoTestSupport
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import BgdemoHTTPServer

@Suite(.timeLimit(.minutes(1)))
struct ListeningTests {
    private let page = PageHandler { _ in HTTPResponse(.ok, .text, "") }
    private let logger = Logger(label: "test")

    private func start(host: String = "127.0.0.1", port: Int = 0, limits: HTTPLimits = HTTPLimits()) async throws
        -> HTTPServer
    {
        try await HTTPServer.start(
            host: host, port: port, limits: limits, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            handler: page)
    }

    @Test("A port that is taken is named in words, and so is a host that is nowhere")
    func refusals() async throws {
        let server = try await start()
        let taken = try await #require(throws: BindError.self) { try await start(port: server.port) }
        #expect(taken.reason == "127.0.0.1 port \(server.port) is in use")
        // TEST-NET-1 of RFC 5737: nobody's address.
        let elsewhere = try await #require(throws: BindError.self) { try await start(host: "192.0.2.1") }
        #expect(elsewhere.reason == "192.0.2.1 is no address of this machine")
        let unknown = try await #require(throws: BindError.self) { try await start(host: "[::1]") }
        #expect(unknown.reason == "no address of [::1] is known")
        await server.drain(within: .seconds(1))
    }

    @Test("Clients that wait to be accepted when the server stops listening are answered")
    func stop() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await HTTPServer.start(
            host: "127.0.0.1", port: 0, group: group, logger: logger, handler: page)
        let isBusy = Atomic(false)
        let mayGoOn = Atomic(false)
        group.next().execute {
            isBusy.store(true, ordering: .sequentiallyConsistent)
            while !mayGoOn.load(ordering: .sequentiallyConsistent) { _ = sched_yield() }
        }
        while !isBusy.load(ordering: .sequentiallyConsistent) { await Task.yield() }
        var clients: [RawClient] = []
        for _ in 0..<50 {
            let client = try await RawClient.connect(port: server.port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            clients.append(client)
        }
        async let drained: Void = server.drain(within: .seconds(30))
        mayGoOn.store(true, ordering: .sequentiallyConsistent)
        for client in clients {
            #expect(try await client.readResponse().status == 200)
            await client.close()
        }
        await drained
        try await group.shutdownGracefully()
    }

    @Test("However high the limit on connections, one is taken")
    func limit() async throws {
        var limits = HTTPLimits()
        limits.connections = .max
        let server = try await start(limits: limits)
        #expect(try await fetch("/", port: server.port).status == 200)
        await server.drain(within: .seconds(1))
    }
}
