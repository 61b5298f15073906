import BgdemoHTTPServer
import BgdemoTestSupport
import Testing

/// A message that is read, however oddly it is cut, and what is understood.
struct WellFormed: CustomTestStringConvertible, Sendable {
    let bytes: [UInt8]
    let understood: [String]

    init(_ text: String, _ understood: String...) {
        bytes = Array(text.utf8)
        self.understood = understood
    }

    var testDescription: String { String(String(decoding: bytes, as: UTF8.self).debugDescription.prefix(120)) }

    static let all = [
        WellFormed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "get / "),
        WellFormed(
            "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "get / ", "get /2 "),
        WellFormed("GET /a%20b/%C3%BC?q=1#f HTTP/1.1\r\nHost: a\r\n\r\n", "get /a%20b/%C3%BC?q=1#f "),
        WellFormed("GET /ü HTTP/1.1\r\nHost: a\r\n\r\n", "get /ü "),
        // A mark after the slash is one character with it, and yet a path.
        WellFormed("GET /\u{301}x HTTP/1.1\r\nHost: a\r\n\r\n", "get /\u{301}x "),
        WellFormed("GET //x HTTP/1.1\r\nhOsT:a\r\n\r\n", "get //x "),
        WellFormed("GET /x HTTP/1.1\r\nHost: \t a:80 \t \r\n\r\n", "get /x "),
        WellFormed("GET /x HTTP/1.1\r\nHost:\r\n\r\n", "get /x "),
        WellFormed("GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "get /x "),
        WellFormed("GET http://example.org:80/x?y HTTP/1.1\r\nHost: other\r\n\r\n", "get /x?y "),
        WellFormed("GET HTTP://example.org HTTP/1.1\r\nHost: other\r\n\r\n", "get / "),
        WellFormed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "options * "),
        WellFormed("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "other /pot "),
        WellFormed("get /x HTTP/1.1\r\nHost: a\r\n\r\n", "other /x "),
        WellFormed("GET /x HTTP/1.1\r\nHost: a\r\nX-Any_1~: caf\u{e9}\t\u{a0}\r\n\r\n", "get /x "),
        WellFormed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "post /x hello"),
        WellFormed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0005\r\n\r\nhello", "post /x hello"),
        WellFormed("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "post /x "),
        WellFormed("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\r\n", "get /x \r\n"),
        WellFormed(
            "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n1;a=\"b;\\\"\";c;d=e\r\n \r\n00000A\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n",
            "post /x hello 0123456789"),
        WellFormed("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "post /x "),
        WellFormed(
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
            "post /1 GET /no HTTP/1.1\r\nHost: a", "post /2 abc", "get /3 "),
    ]
}

@Suite("A request is read whole", .timeLimit(.minutes(1)))
struct WellFormedTests {
    @Test("Well-formed requests are decoded from one segment", arguments: WellFormed.all)
    func whole(_ message: WellFormed) async throws {
        try await check(message, [message.bytes])
    }

    @Test("Well-formed requests are decoded from segments of one byte", arguments: WellFormed.all)
    func byByte(_ message: WellFormed) async throws {
        try await check(message, message.bytes.map { [$0] })
    }

    @Test("Well-formed requests are decoded from two segments, cut anywhere", arguments: WellFormed.all)
    func cut(_ message: WellFormed) throws {
        for place in 0...message.bytes.count {
            let pieces = [Array(message.bytes[..<place]), Array(message.bytes[place...])]
            #expect(try DecodedRequest.of(pieces).map(\.description) == message.understood, "cut at \(place)")
        }
    }

    private func check(_ message: WellFormed, _ pieces: [[UInt8]]) async throws {
        try await withServer(Echo()) { server in
            let client = try await RawClient.connect(port: server.port)
            try await client.send(pieces: pieces)
            for understood in message.understood {
                let response = try await client.readResponse()
                #expect(response.status == 200)
                #expect(response.text == understood)
                #expect(response.values("connection") == [])
            }
            await client.close()
        }
    }
}
