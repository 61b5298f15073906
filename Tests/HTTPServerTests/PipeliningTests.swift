import BgdemoHTTPServer
import BgdemoTestSupport
import Testing

@Suite("Requests in a row are answered in a row", .timeLimit(.minutes(1)))
struct PipeliningTests {
    private static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

    @Test("Pipelined responses keep the order of the requests")
    func order() async throws {
        let handler = HoldingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send(Self.get("/1") + Self.get("/2") + Self.get("/3"))
            for target in ["/3", "/2", "/1"] {
                await handler.arrival(target)
                handler.release(target)
            }
            #expect(try await client.readResponses(3).map(\.text) == ["/1", "/2", "/3"])
            await client.close()
        }
    }

    @Test("Responses that are ready at once keep their places between those that are waited for")
    func readyAndAwaited() async throws {
        struct Mixed: HTTPHandler {
            let held: HoldingHandler

            func respond(to request: HTTPRequest) async -> HTTPResponse { await answer(request).response }

            func answer(_ request: HTTPRequest) -> HTTPAnswer {
                guard request.target.hasPrefix("/held") else { return .ready(HTTPResponse(.ok, .text, request.target)) }
                return .awaited { await held.respond(to: request) }
            }
        }
        let handler = Mixed(held: HoldingHandler())
        try await withServer(handler) { server in
            let client = try await RawClient.connect(port: server.port)
            let targets = ["/1", "/held/2", "/3", "/4", "/held/5", "/6"]
            try await client.send(targets.map(Self.get).joined())
            #expect(try await client.readResponse().text == "/1")
            for target in ["/held/5", "/held/2"] {
                await handler.held.arrival(target)
                handler.held.release(target)
            }
            #expect(try await client.readResponses(5).map(\.text) == Array(targets.dropFirst()))
            try await client.send((1...1000).map { Self.get("/\($0)") }.joined())
            #expect(try await client.readResponses(1000).map(\.text) == (1...1000).map { "/\($0)" })
            await client.close()
        }
    }

    @Test("1,000 pipelined requests are answered, with no more under way than the limit")
    func bounded() async throws {
        var limits = HTTPLimits()
        limits.pipelined = 8
        let handler = HoldingHandler()
        try await withServer(handler, limits: limits) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send((1...1000).map { Self.get("/\($0)") }.joined())
            for number in 1...1000 {
                await handler.arrival("/\(number)")
                #expect(handler.waiting <= 8)
                handler.release("/\(number)")
            }
            #expect(try await client.readResponses(1000).map(\.text) == (1...1000).map { "/\($0)" })
            await client.close()
        }
    }

    @Test("A client that reads only after it has sent all gets many MiB of responses")
    func slowReader() async throws {
        let page = [UInt8](repeating: 0x78, count: 64 << 10)
        try await withServer(FixedResponse(bytes: page)) { server in
            let client = try await RawClient.connect(port: server.port, receiveBuffer: 8 << 10)
            try await client.read(false)
            try await client.send(String(repeating: Self.get("/"), count: 500))
            try await client.read(true)
            for _ in 0..<500 { #expect(try await client.readResponse().body == page) }
            await client.close()
        }
    }

    @Test("A client that has closed its half gets every response")
    func halfClosed() async throws {
        var limits = HTTPLimits()
        limits.pipelined = 2
        let handler = HoldingHandler()
        try await withServer(handler, limits: limits) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send((1...20).map { Self.get("/\($0)") }.joined())
            try await client.closeOutput()
            for number in 1...20 {
                await handler.arrival("/\(number)")
                handler.release("/\(number)")
            }
            let responses = try await client.readResponses(20)
            #expect(responses.map(\.text) == (1...20).map { "/\($0)" })
            #expect(responses.last?["connection"] == nil || responses.last?["connection"] == "close")
            #expect(try await client.readToEnd() == [])
            await client.close()
        }
    }

    @Test("A client that has closed its half gets a response of many MiB")
    func halfClosedSlowReader() async throws {
        let page = [UInt8](repeating: 0x78, count: 16 << 20)
        try await withServer(FixedResponse(bytes: page)) { server in
            let client = try await RawClient.connect(port: server.port, receiveBuffer: 8 << 10)
            try await client.send(Self.get("/"))
            try await client.closeOutput()
            #expect(try await client.readResponse().body == page)
            #expect(try await client.readToEnd() == [])
            await client.close()
        }
    }
}
