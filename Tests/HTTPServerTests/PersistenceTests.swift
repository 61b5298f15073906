import BgdemoHTTPServer
import BgdemoTestSupport
import Testing

@Suite("A connection lasts as long as both want it", .timeLimit(.minutes(1)))
struct PersistenceTests {
    @Test(
        "A connection is kept by version and Connection header",
        arguments: [
            ("1.1", nil, nil), ("1.1", "keep-alive", nil), ("1.1", "close", "close"), ("1.1", "Close", "close"),
            ("1.1", "x, close", "close"), ("1.1", "keep-alive ,\tclose", "close"), ("1.1", "closed", nil),
            ("1.1", "Upgrade, HTTP2-Settings", nil), ("1.1", "", nil), ("1.1", ",,", nil), ("1.0", nil, "close"),
            ("1.0", "close", "close"), ("1.0", "keep-alive", "keep-alive"), ("1.0", "Keep-Alive", "keep-alive"),
            ("1.0", "keep-alive, close", "close"), ("1.0", "x", "close"),
        ] as [(String, String?, String?)])
    func connection(version: String, asked: String?, answered: String?) async throws {
        try await withServer(Echo()) { server in
            let client = try await RawClient.connect(port: server.port)
            let field = asked.map { "Connection: \($0)\r\n" } ?? ""
            let request = "GET /x HTTP/\(version)\r\nHost: a\r\n\(field)\r\n"
            try await client.send(request + request)
            let first = try await client.readResponse()
            #expect(first.values("connection") == (answered.map { [$0] } ?? []))
            if answered == "close" {
                #expect(try await client.readToEnd() == [])
            } else {
                #expect(try await client.readResponse().status == 200)
            }
            await client.close()
        }
    }

    @Test("HTTP/1.0 without Host is answered, and its body too")
    func http10() async throws {
        try await withServer(Echo()) { server in
            let response = try await exchange(
                Array("POST /x HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi".utf8), with: server)
            #expect(response.text == "post /x hi")
        }
    }

    @Test("HEAD is answered with the fields of GET and without its body")
    func head() async throws {
        try await withServer(FixedResponse(bytes: [UInt8](repeating: 0x78, count: 1234))) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try await client.readResponse(to: "HEAD")
            let get = try await client.readResponse()
            #expect(head["content-length"] == "1234")
            #expect(get.body.count == 1234)
            #expect(head.fields.map(\.name) == get.fields.map(\.name))
            await client.close()
        }
    }

    @Test("Every response has Date, nosniff and no-store")
    func fields() async throws {
        try await withServer(Echo()) { server in
            let response = try await exchange(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), with: server)
            #expect(response["date"]?.hasSuffix(" GMT") == true)
            #expect(response["content-type"] == "text/plain; charset=utf-8")
            #expect(response["cache-control"] == "no-store")
            #expect(response["x-content-type-options"] == "nosniff")
        }
    }

    @Test("204 has neither length nor body, and the next response follows")
    func noContent() async throws {
        struct Nothing: HTTPHandler {
            func respond(to request: HTTPRequest) async -> HTTPResponse {
                HTTPResponse(.noContent, .text, "never shown", headers: [HTTPHeader("Allow", "GET")])
            }
        }
        try await withServer(Nothing()) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send(String(repeating: "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", count: 2))
            for response in try await client.readResponses(2) {
                #expect(response.status == 204)
                #expect(response["allow"] == "GET")
                #expect(response.values("content-length") == [])
            }
            await client.close()
        }
    }
}

@Suite("100 Continue is sent to who waits for it", .timeLimit(.minutes(1)))
struct ContinueTests {
    private static let head = "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n"

    @Test(
        "100 Continue is sent while the body is missing",
        arguments: ["Content-Length: 2\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"])
    func asked(framing: String) async throws {
        try await withServer(Echo()) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send(Self.head + framing)
            #expect(try await client.readResponse().status == 100)
            try await client.send(framing.hasPrefix("T") ? "2\r\nhi\r\n0\r\n\r\n" : "hi")
            #expect(try await client.readResponse().text == "post /x hi")
            await client.close()
        }
    }

    @Test(
        "100 Continue is not sent when body bytes have come or none will come",
        arguments: ["Content-Length: 2\r\n\r\nhi", "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "\r\n"])
    func notAsked(rest: String) async throws {
        try await withServer(Echo()) { server in
            let response = try await exchange(Array((Self.head + rest).utf8), with: server)
            #expect(response.status == 200)
        }
    }

    @Test("100 Continue is not sent to HTTP/1.0")
    func http10() async throws {
        try await withServer(Echo()) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send(Self.head.replacing("1.1", with: "1.0") + "Content-Length: 2\r\n\r\n")
            try await client.send("hi")
            #expect(try await client.readResponse().status == 200)
            await client.close()
        }
    }

    @Test("A body past its limit is refused instead of 100 Continue")
    func tooLong() async throws {
        try await withServer(Echo()) { server in
            let response = try await exchange(
                Array((Self.head + "Content-Length: 99999999\r\n\r\n").utf8), with: server)
            #expect(response.status == 413)
        }
    }

    @Test("100 Continue follows the responses to earlier requests")
    func inTurn() async throws {
        let handler = HoldingHandler()
        try await withServer(handler) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + Self.head + "Content-Length: 2\r\n\r\n")
            await handler.arrival("/1")
            handler.release("/1")
            #expect(try await client.readResponse().text == "/1")
            #expect(try await client.readResponse().status == 100)
            try await client.send("hi")
            await handler.arrival("/x")
            handler.release("/x")
            #expect(try await client.readResponse().text == "/x")
            await client.close()
        }
    }
}
