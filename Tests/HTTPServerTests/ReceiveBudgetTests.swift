import BgdemoTestSupport
import NIOCore
import Testing

@testable import BgdemoHTTPServer

@Suite("The memory for requests that are not answered has a bound", .timeLimit(.minutes(1)))
struct ReceiveBudgetTests {
    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n"

    /// Refuses every request for its head.
    private struct Refusing: HTTPHandler {
        func check(_ head: HTTPRequest.Head) -> Problem? { Problem(.unauthorized, "no token") }
        func respond(to request: HTTPRequest) async -> HTTPResponse { Problem(.unauthorized, "no token").response }
    }

    @Test("What is refused for its head is answered before its body has come, and the connection ends")
    func refusedHead() throws {
        let connection = try EmbeddedConnection(Refusing())
        try connection.receive(Self.head)
        #expect(connection.observer.statuses == [401])
        #expect(try connection.written().contains("Connection: close"))
        #expect(connection.isOutputClosed)
        try connection.receive(String(repeating: "x", count: 100_000))
        #expect(connection.budget.bytes == 0)
    }

    @Test("A refused request that was read whole leaves the connection open")
    func refusedWhole() throws {
        let connection = try EmbeddedConnection(Refusing())
        try connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        #expect(connection.observer.statuses == [401])
        #expect(connection.isOpen && !connection.isOutputClosed)
    }

    @Test("A client that waits for 100 Continue gets the refusal")
    func refusedExpectation() throws {
        let connection = try EmbeddedConnection(Refusing())
        try connection.receive(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try connection.written().hasPrefix("HTTP/1.1 401 "))
    }

    @Test("Unfinished bodies, heads and bodies in hand share one budget; past it 503, and its bytes are free again")
    func budget() async throws {
        var limits = HTTPLimits()
        limits.receivedBytes = 1 << 20
        let handler = HoldingHandler()
        try await withServer(handler, limits: limits) { server in
            var clients: [RawClient] = []
            var refused = 0
            // Each sends 100 kB of 4 MB: ten fit.
            for _ in 0..<40 {
                let client = try await RawClient.connect(port: server.port)
                try await client.send(Self.head + String(repeating: "x", count: 100_000))
                clients.append(client)
            }
            for client in clients {
                guard let response = try? await client.readResponse(within: .milliseconds(200)) else { continue }
                #expect(response.status == 503)
                #expect(response["retry-after"] == "1")
                refused += 1
            }
            #expect(refused >= 25 && refused < 40)
            for client in clients { await client.close() }
            try await untilEqual(0) { server.receivedBytes }
        }
    }

    @Test("A body that a handler has in hand counts until it is answered")
    func bodyInHand() throws {
        let connection = try EmbeddedConnection(Echo())
        try connection.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
        try connection.receive(String(repeating: "x", count: 150_000))
        #expect(connection.budget.bytes >= 150_000)
        try connection.receive(String(repeating: "x", count: 50_000))
        #expect(connection.observer.statuses == [200])
        #expect(connection.budget.bytes == 0)
    }

    /// Waits until `value` is `wanted`, 5 s at most.
    private func untilEqual(_ wanted: Int, _ value: () -> Int) async throws {
        let deadline = ContinuousClock.now + .seconds(5)
        while value() != wanted, .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(value() == wanted)
    }
}
