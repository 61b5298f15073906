import NIOCore

/// The status line of a response, and the fields that determine its end (RFC 9112, section 6.3).
struct ResponseHead {
    /// In bytes, with the empty line.
    private(set) var length = 0
    private(set) var status = 0
    private(set) var keepsAlive = true
    private(set) var contentLength: Int?
    private(set) var isChunked = false

    /// Reads from the first readable byte. Nil until the empty line has come.
    init?(_ input: ByteBuffer) {
        guard let head = Self.parse(input.readableBytesUInt8Span) else { return nil }
        self = head
    }

    private init() {}

    var isValid: Bool { (100...999).contains(status) && contentLength ?? 0 >= 0 }

    private static func parse(_ bytes: Span<UInt8>) -> ResponseHead? {
        var head = ResponseHead()
        var start = 0
        for end in bytes.indices where bytes[end] == 0x0a {
            let last = end > start && bytes[end - 1] == 0x0d ? end - 1 : end
            if start == 0 {
                head.readStatus(bytes.extracting(0..<last))
            } else if last == start {
                head.length = end + 1
                return head
            } else {
                head.readField(bytes.extracting(start..<last))
            }
            start = end + 1
        }
        return nil
    }

    private mutating func readStatus(_ line: Span<UInt8>) {
        guard line.count >= 12, Self.isToken(line.extracting(0..<7), Token.version) else { return }
        keepsAlive = line[7] != UInt8(ascii: "0")
        status = Self.number(line.extracting(9..<12)) ?? 0
    }

    private mutating func readField(_ line: Span<UInt8>) {
        guard let colon = line.indices.first(where: { line[$0] == UInt8(ascii: ":") }) else { return }
        let name = line.extracting(0..<colon)
        let value = line.extracting(Self.trimmed(line, colon + 1..<line.count))
        if Self.isToken(name, Token.contentLength) {
            contentLength = Self.number(value) ?? -1
        } else if Self.isToken(name, Token.transferEncoding) {
            isChunked = Self.contains(value, Token.chunked)
        } else if Self.isToken(name, Token.connection) {
            if Self.contains(value, Token.close) { keepsAlive = false }
            if Self.contains(value, Token.keepAlive) { keepsAlive = true }
        }
    }

    /// Lower case. Arrays, since a String would take a fifth of the generator's time.
    private enum Token {
        static let version = Array("http/1.".utf8)
        static let contentLength = Array("content-length".utf8)
        static let transferEncoding = Array("transfer-encoding".utf8)
        static let connection = Array("connection".utf8)
        static let chunked = Array("chunked".utf8)
        static let close = Array("close".utf8)
        static let keepAlive = Array("keep-alive".utf8)
    }

    /// Fewer than 16 digits; nil for anything else.
    private static func number(_ digits: Span<UInt8>) -> Int? {
        guard (1...15).contains(digits.count) else { return nil }
        var number = 0
        for place in digits.indices {
            guard (0x30...0x39).contains(digits[place]) else { return nil }
            number = number * 10 + Int(digits[place] - 0x30)
        }
        return number
    }

    /// Whether the token is in the list (RFC 9110, section 5.6.1).
    private static func contains(_ list: Span<UInt8>, _ token: [UInt8]) -> Bool {
        var start = 0
        for end in 0...list.count where end == list.count || list[end] == UInt8(ascii: ",") {
            if isToken(list.extracting(trimmed(list, start..<end)), token) { return true }
            start = end + 1
        }
        return false
    }

    /// The range without blanks and tabs at both ends.
    private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }

    /// Whether the bytes are the token, ignoring ASCII case.
    private static func isToken(_ bytes: Span<UInt8>, _ token: [UInt8]) -> Bool {
        guard bytes.count == token.count else { return false }
        for place in bytes.indices {
            let byte = bytes[place]
            guard ((0x41...0x5a).contains(byte) ? byte | 0x20 : byte) == token[place] else { return false }
        }
        return true
    }
}
