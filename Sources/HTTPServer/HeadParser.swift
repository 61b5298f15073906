import BgdemoFoundations
import NIOCore

/// Reads the head of one request line by line (RFC 9112, sections 3 and 5).
struct HeadParser {
    let bytes: ByteBuffer
    let length: Int
    let limits: HTTPLimits
    private var place = 0
    private var fieldCount = 0

    init(bytes: ByteBuffer, length: Int, limits: HTTPLimits) {
        self.bytes = bytes
        self.length = length
        self.limits = limits
    }

    /// The head, which is whole.
    mutating func parse() throws(Problem) -> HTTPRequest.Head {
        let method = try method()
        var target = try target()
        let minorVersion = try version()
        var fields = HTTPRequest.Fields()
        let headersStart = place
        while try !emptyLine() {
            try field(into: &fields)
            guard place - headersStart <= limits.headerBytes, fieldCount <= limits.headerCount else {
                throw Self.headersTooLong(limits)
            }
        }
        guard fields.host != nil || minorVersion == 0 else { throw Self.noHost }
        try Self.check(&target, &fields.host)
        return HTTPRequest.Head(
            method: method, target: target, minorVersion: minorVersion, fields: fields,
            keepsAlive: keepsAlive(minorVersion, fields.connection))
    }

    /// Checks the request line of a head that is not whole, so that a client of another protocol is refused at once.
    mutating func checkRequestLine() throws(Problem) {
        _ = try method()
        _ = try target()
        _ = try version()
    }

    /// Checks the first bytes of a request line that is not whole, for the same purpose.
    func checkBeginning() throws(Problem) {
        let end = run(from: 0, while: Self.isToken)
        // The first half of an empty line before the request line.
        guard end > 0 || byte(0) != 0x0d || length > 1 else { return }
        if end < length || end > Self.longestMethod {
            guard end > 0, end <= Self.longestMethod, byte(end) == 0x20 else { throw noMethod }
        }
        if end == 3, end < length, matches("PRI", at: 0) { throw Self.otherVersion }
    }

    // MARK: The request line

    private static let longestMethod = 32

    private mutating func method() throws(Problem) -> HTTPRequest.Method {
        let start = place
        place = run(from: start, while: Self.isToken)
        guard place > start, place - start <= Self.longestMethod, byte(place) == 0x20 else { throw noMethod }
        defer { place += 1 }
        switch place - start {
        case 3 where matches("GET", at: start): return .get
        // The preface of HTTP/2 (RFC 9113, section 3.4).
        case 3 where matches("PRI", at: start): throw Self.otherVersion
        case 4 where matches("HEAD", at: start): return .head
        case 4 where matches("POST", at: start): return .post
        case 7 where matches("OPTIONS", at: start): return .options
        default: return .other
        }
    }

    private mutating func target() throws(Problem) -> String {
        let start = place
        place = run(from: start) { $0 > 0x20 && $0 != 0x7f }
        guard place - start <= limits.target else { throw Self.targetTooLong(limits) }
        guard place > start, byte(place) == 0x20 else {
            throw Problem(
                .badRequest, "the request target is missing, or a blank or control character is in it",
                advice: "a space as %20")
        }
        defer { place += 1 }
        guard let target = try? bytes.getUTF8ValidatedString(at: bytes.readerIndex + start, length: place - start)
        else {
            throw Problem(.badRequest, "the request target is not UTF-8", advice: "percent-encoded UTF-8")
        }
        return target
    }

    private mutating func version() throws(Problem) -> Int {
        guard length - place >= 8, matches("HTTP/", at: place), byte(place + 6) == UInt8(ascii: "."),
            Self.isDigit(byte(place + 5)), Self.isDigit(byte(place + 7))
        else { throw Problem(.badRequest, "the request line does not end with HTTP/1.1") }
        let (major, minor) = (byte(place + 5), byte(place + 7))
        guard major == UInt8(ascii: "1"), minor == UInt8(ascii: "1") || minor == UInt8(ascii: "0") else {
            throw Self.otherVersion
        }
        place += 8
        try lineEnd("the request line")
        return minor == UInt8(ascii: "1") ? 1 : 0
    }

    /// A TLS record of the type handshake begins with the byte 22 (RFC 8446, section 5.1).
    private var noMethod: Problem {
        byte(0) == 22
            ? Problem(.badRequest, "this port speaks HTTP without TLS", advice: "http:// and not https://")
            : Problem(
                .badRequest, "the request line does not begin with a method and one space", advice: "GET / HTTP/1.1")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static var otherVersion: Problem {
        Problem(.versionNotSupported, "the server speaks HTTP/1.1 and HTTP/1.0")
    }

    // MARK: The fields

    private mutating func field(into fields: inout HTTPRequest.Fields) throws(Problem) {
        fieldCount += 1
        let nameStart = place
        let nameEnd = run(from: nameStart, while: Self.isToken)
        guard nameEnd > nameStart, byte(nameEnd) == UInt8(ascii: ":") else {
            throw Problem(
                .badRequest, "a header line is not \"Name: value\": folded, blank before the colon, or no name")
        }
        let valueStart = run(from: nameEnd + 1, while: Self.isBlank)
        place = run(from: valueStart) { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
        guard byte(place) == 0x0d || byte(place) == 0x0a else {
            throw Problem(.badRequest, "a control character is in a header field")
        }
        var valueEnd = place
        while valueEnd > valueStart, Self.isBlank(byte(valueEnd - 1)) { valueEnd -= 1 }
        try lineEnd("a header line")
        try store(nameStart, nameEnd - nameStart, valueStart..<valueEnd, into: &fields)
    }

    private func store(
        _ name: Int, _ length: Int, _ value: Range<Int>, into fields: inout HTTPRequest.Fields
    ) throws(Problem) {
        switch length {
        case 4 where named("host", name): try once("Host", &fields.host, value)
        case 6 where named("expect", name): try once("Expect", &fields.expect, value)
        case 6 where named("cookie", name): append(&fields.cookie, value, separator: "; ")
        case 6 where named("accept", name): append(&fields.accept, value)
        case 5 where named("x-moz", name): append(&fields.purpose, value)
        case 6 where named("origin", name): try once("Origin", &fields.origin, value)
        case 7 where named("purpose", name): append(&fields.purpose, value)
        case 7 where named("referer", name): try once("Referer", &fields.referer, value)
        case 9 where named("x-purpose", name): append(&fields.purpose, value)
        case 10 where named("connection", name): append(&fields.connection, value)
        case 10 where named("tracestate", name): append(&fields.tracestate, value)
        case 11 where named("traceparent", name): append(&fields.traceparent, value)
        case 11 where named("sec-purpose", name): append(&fields.purpose, value)
        case 12 where named("content-type", name): try once("Content-Type", &fields.contentType, value)
        case 13 where named("authorization", name): try once("Authorization", &fields.authorization, value)
        case 13 where named("last-event-id", name): try once("Last-Event-ID", &fields.lastEventID, value)
        case 14 where named("content-length", name): try once("Content-Length", &fields.contentLength, value)
        case 14 where named("sec-fetch-site", name): try once("Sec-Fetch-Site", &fields.secFetchSite, value)
        case 15 where named("idempotency-key", name): try once("Idempotency-Key", &fields.idempotencyKey, value)
        case 17 where named("transfer-encoding", name): try once("Transfer-Encoding", &fields.transferEncoding, value)
        default: break
        }
    }

    private func once(_ name: String, _ field: inout String?, _ value: Range<Int>) throws(Problem) {
        guard field == nil else { throw Problem(.badRequest, "the header field \(name) is there twice") }
        field = string(value)
    }

    /// RFC 9110, section 5.3: a list field may be sent in several lines.
    private func append(_ field: inout String?, _ value: Range<Int>, separator: String = ", ") {
        field = field.map { "\($0)\(separator)\(string(value))" } ?? string(value)
    }

    // MARK: What the fields mean together

    private func keepsAlive(_ minorVersion: Int, _ connection: String?) -> Bool {
        guard let connection else { return minorVersion == 1 }
        var closes = false
        var keepsAlive = minorVersion == 1
        for option in connection.utf8.split(separator: UInt8(ascii: ",")) {
            let name = Substring(option.drop(while: Self.isBlank).prefix { !Self.isBlank($0) })
            closes = closes || name.equalsIgnoringASCIICase("close")
            keepsAlive = keepsAlive || name.equalsIgnoringASCIICase("keep-alive")
        }
        return keepsAlive && !closes
    }

    static func targetTooLong(_ limits: HTTPLimits) -> Problem {
        Problem(
            .uriTooLong, "the request target is longer than \(limits.target) bytes",
            advice: "what is long in the body of a POST")
    }

    static func headersTooLong(_ limits: HTTPLimits) -> Problem {
        Problem(
            .headersTooLarge,
            "the header fields are more than \(limits.headerBytes) bytes or \(limits.headerCount) lines")
    }

    // MARK: Bytes

    /// The end of the bytes from `start` that are all `wanted`.
    private func run(from start: Int, while wanted: (UInt8) -> Bool) -> Int {
        let span = bytes.readableBytesUInt8Span
        let end = min(length, span.count)
        var index = start
        while index < end, wanted(span[index]) { index += 1 }
        return index
    }

    private func byte(_ index: Int) -> UInt8 {
        let span = bytes.readableBytesUInt8Span
        return index < span.count ? span[index] : 0
    }

    private mutating func emptyLine() throws(Problem) -> Bool {
        guard byte(place) == 0x0d || byte(place) == 0x0a else { return false }
        try lineEnd("the head")
        return true
    }

    private mutating func lineEnd(_ what: String) throws(Problem) {
        guard byte(place) == 0x0d, byte(place + 1) == 0x0a else {
            throw Problem(.badRequest, "\(what) does not end with CR LF")
        }
        place += 2
    }

    private func string(_ range: Range<Int>) -> String {
        bytes.getString(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ""
    }

    private func matches(_ word: String, at start: Int) -> Bool {
        let span = bytes.readableBytesUInt8Span
        guard start + word.utf8.count <= span.count else { return false }
        var index = start
        for letter in word.utf8 {
            guard span[index] == letter else { return false }
            index += 1
        }
        return true
    }

    /// Whether the letters from `start` are `word`, which is lower case.
    private func named(_ word: String, _ start: Int) -> Bool {
        let span = bytes.readableBytesUInt8Span
        guard start + word.utf8.count <= span.count else { return false }
        var index = start
        for letter in word.utf8 {
            let here = span[index]
            guard (here >= 0x41 && here <= 0x5a ? here | 0x20 : here) == letter else { return false }
            index += 1
        }
        return true
    }

    /// RFC 9110, section 5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true
        default: false
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
