import BgdemoHTTPServer
import BgdemoTestSupport
import Testing

/// One message that is wrong, and the status that says so.
struct Malformed: CustomTestStringConvertible, Sendable {
    let bytes: [UInt8]
    let status: Int
    /// Part of the reason that the client is told.
    let reason: String

    init(_ text: String, _ status: Int, _ reason: String) {
        self.init(Array(text.utf8), status, reason)
    }

    init(_ bytes: [UInt8], _ status: Int, _ reason: String) {
        self.bytes = bytes
        self.status = status
        self.reason = reason
    }

    var testDescription: String { String(String(decoding: bytes, as: UTF8.self).debugDescription.prefix(120)) }

    static let requestLines = [
        Malformed("\r\n\r\nx\r\n\r\n", 400, "does not begin with a method"),
        Malformed("GET\r\n\r\n", 400, "does not begin with a method"),
        Malformed(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not begin with a method"),
        Malformed("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target is missing"),
        Malformed("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not begin with a method"),
        Malformed("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not begin with a method"),
        Malformed("G\0T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not begin with a method"),
        Malformed("\u{fc} / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not begin with a method"),
        Malformed(
            String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not begin with a method"),
        Malformed("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n", 400, "without TLS"),
        Malformed("GET /\r\n\r\n", 400, "target is missing"),
        Malformed("GET / \r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character is in it"),
        Malformed("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character is in it"),
        Malformed("GET /a\u{7f}b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character is in it"),
        Malformed("GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "control character is in it"),
        Malformed(Array("GET /".utf8) + [0xff] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8), 400, "not UTF-8"),
        Malformed(Array("GET /".utf8) + [0xc0, 0xaf] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8), 400, "not UTF-8"),
        Malformed(
            Array("GET /".utf8) + [0xed, 0xa0, 0x80] + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8), 400, "not UTF-8"),
        Malformed("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "begin with a slash"),
        Malformed("GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "begin with a slash"),
        Malformed("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "begin with a slash"),
        Malformed("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "begin with a slash"),
        Malformed("GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "host is not"),
        Malformed("GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "host is not"),
        Malformed("GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "host is not"),
        Malformed("GET / HTTP/1.1\n\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\nHost: a\n\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\r\rHost: a\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET / http/1.1\r\nHost: a\r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET / HTTP/1\r\nHost: a\r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/11.1\r\nHost: a\r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET / HTTP/1,1\r\nHost: a\r\n\r\n", 400, "does not end with HTTP/1.1"),
        Malformed("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "speaks HTTP/1.1 and HTTP/1.0"),
        Malformed("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "speaks HTTP/1.1 and HTTP/1.0"),
        Malformed("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "speaks HTTP/1.1 and HTTP/1.0"),
        Malformed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "speaks HTTP/1.1 and HTTP/1.0"),
    ]

    static let fields = [
        Malformed("GET / HTTP/1.1\r\n\r\n", 400, "Host is missing"),
        Malformed("GET http://a/ HTTP/1.1\r\n\r\n", 400, "Host is missing"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "Host is there twice"),
        Malformed("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "host is not"),
        Malformed("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host is not"),
        Malformed("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "host is not"),
        Malformed("GET / HTTP/1.1\r\nHost: a#\r\n\r\n", 400, "host is not"),
        Malformed("GET / HTTP/1.1\r\nHost: \u{e9}\r\n\r\n", 400, "host is not"),
        Malformed("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "blank before the colon"),
        Malformed("GET / HTTP/1.1\r\nHost\r\n\r\n", 400, "blank before the colon"),
        Malformed("GET / HTTP/1.1\r\n: a\r\nHost: a\r\n\r\n", 400, "no name"),
        Malformed("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "folded"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400, "folded"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", 400, "folded"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", 400, "no name"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n", 400, "no name"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", 400, "control character"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{7f}\r\n\r\n", 400, "control character"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{b}c\r\n\r\n", 400, "control character"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\nX: b\n\nGET /2 HTTP/1.1\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "does not end with CR LF"),
        Malformed("GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n", 400, "does not end with CR LF"),
        Malformed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417, "100-continue"),
        Malformed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n", 417, "100-continue"),
    ]

    /// What two servers in a row could read in two ways.
    static let smuggling =
        [
            ("Content-Length: 4\r\nTransfer-Encoding: chunked", 400, "both there"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 4", 400, "both there"),
            ("Content-Length: 4\r\nContent-Length: 5", 400, "twice"),
            ("Content-Length: 4\r\nContent-Length: 4", 400, "twice"),
            ("Content-Length: 4\r\ncontent-length: 4", 400, "twice"),
            ("Content-Length: 4, 4", 400, "not a number"),
            ("Content-Length: +4", 400, "not a number"),
            ("Content-Length: -4", 400, "not a number"),
            ("Content-Length: 4 4", 400, "not a number"),
            ("Content-Length: 0x4", 400, "not a number"),
            ("Content-Length: 4.0", 400, "not a number"),
            ("Content-Length: 4;", 400, "not a number"),
            ("Content-Length: \u{664}", 400, "not a number"),
            ("Content-Length:", 400, "not a number"),
            ("Content-Length : 4", 400, "blank before the colon"),
            ("Content-Length: 99999999999999999999999999", 413, "longer than"),
            ("Content-Length: 9223372036854775807", 413, "longer than"),
            ("Content-Length: 18446744073709551620", 413, "longer than"),
            ("Transfer-Encoding: identity", 501, "chunked"),
            ("Transfer-Encoding: xchunked", 501, "chunked"),
            ("Transfer-Encoding: chunkedx", 501, "chunked"),
            ("Transfer-Encoding: gzip, chunked", 501, "chunked"),
            ("Transfer-Encoding: chunked, chunked", 501, "chunked"),
            ("Transfer-Encoding: chunked, identity", 501, "chunked"),
            ("Transfer-Encoding: chunked;q=1", 501, "chunked"),
            ("Transfer-Encoding: \"chunked\"", 501, "chunked"),
            ("Transfer-Encoding:", 501, "chunked"),
            ("Transfer-Encoding: \u{b}chunked", 400, "control character"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, "twice"),
            ("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", 400, "twice"),
            ("Transfer-Encoding : chunked", 400, "blank before the colon"),
            ("Transfer-Encoding\r\n : chunked", 400, "blank before the colon"),
            ("X: y\r\n Transfer-Encoding: chunked", 400, "folded"),
            ("X: y\nTransfer-Encoding: chunked", 400, "does not end with CR LF"),
            ("X: y\rTransfer-Encoding: chunked", 400, "does not end with CR LF"),
        ].map { field, status, reason in
            Malformed(
                "POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
                status, reason)
        } + [
            Malformed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0 has no")
        ]

    static let chunks =
        [
            "x\r\n", "\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n",
            "0x5\r\nhello\r\n",
            "5\nhello\r\n", "5\r\nhelloX", "5\r\nhello\nX", "5\r\nhello\r\r\n", "5\r\nhello0\r\n\r\n",
            "5\rX\nhello\r\n",
            "000000005\r\nhello\r\n", "fffffffff\r\n", "FFFFFFFFFFFFFFFF\r\n", "10000000000000005\r\nhello\r\n",
            "\u{665}\r\nhello\r\n", "5;\0\r\nhello\r\n", "5;\u{e9}\r\nhello\r\n", "5;\r\nhello\r\n",
            "5;a=\r\nhello\r\n", "5;a=\"b\r\nhello\r\n", "5;a b\r\nhello\r\n", "0\r\nContent-Length: 5\r\n\r\n",
            "0\r\ntransfer-encoding: chunked\r\n\r\n", "5;a\nb\r\nhello\r\n",
            "5;" + String(repeating: "x", count: 300) + "\r\nhello\r\n",
            "5;" + String(repeating: "x", count: 300), "0\r\nX: a\n\r\n", "0\r\n X: a\r\n\r\n", "0\r\nno colon\r\n\r\n",
            "0\r\n: a\r\n\r\n", "0\r\nX: \0\r\n\r\n", "0\r\nX : a\r\n\r\n", "0\r\n\rX",
            "0\r\nX: " + String(repeating: "x", count: 300) + "\r\n\r\n",
            "0\r\n" + String(repeating: "X: " + String(repeating: "x", count: 200) + "\r\n", count: 42) + "\r\n",
        ].map { body in
            Malformed(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)", 400,
                "chunked body is malformed")
        } + [
            Malformed(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413, "longer than")
        ]
}

@Suite("A malformed request is told what is wrong, and its connection ends", .timeLimit(.minutes(1)))
struct MalformedTests {
    @Test("A malformed request line is refused", arguments: Malformed.requestLines)
    func requestLine(_ malformed: Malformed) async throws { try await check(malformed) }

    @Test("Malformed header fields are refused", arguments: Malformed.fields)
    func fields(_ malformed: Malformed) async throws { try await check(malformed) }

    @Test("A request that two readers would frame differently is refused", arguments: Malformed.smuggling)
    func smuggling(_ malformed: Malformed) async throws { try await check(malformed) }

    @Test("Malformed chunks are refused", arguments: Malformed.chunks)
    func chunks(_ malformed: Malformed) async throws { try await check(malformed) }

    private func check(_ malformed: Malformed) async throws {
        try await withServer(Echo()) { server in
            let client = try await RawClient.connect(port: server.port)
            // A good one before it is answered all the same.
            try await client.send(Array("GET /first HTTP/1.1\r\nHost: a\r\n\r\n".utf8) + malformed.bytes)
            #expect(try await client.readResponse().text == "get /first ")
            let response = try await client.readResponse()
            #expect(response.status == malformed.status)
            #expect(response["content-type"] == "application/json")
            #expect(response["connection"] == "close")
            #expect(response.text.contains(malformed.reason), "\(response.text)")
            // Nothing after it is read as a request.
            #expect(try await client.readToEnd() == [])
            await client.close()
        }
    }
}
