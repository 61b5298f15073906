import BgdemoFoundations
import NIOCore

/// A body in chunks (RFC 9112, section 7.1), put together up to a limit. Extensions and trailers are read past.
struct ChunkedBody {
    private enum Expecting { case size, data(Int), dataEnd, trailer }

    private let limit: Int
    private var expecting = Expecting.size
    /// Bytes of sizes, extensions and line ends: about as many as of the body, or chunks of one byte would take six times
    /// the work.
    private var framingBytes = 0
    private var trailerBytes = 0
    private(set) var body = ByteBuffer()

    /// A size, its extension and the line end; and all trailers together.
    private static let longestLine = 256
    private static let longestTrailer = 8 << 10
    private static let spareFraming = 64 << 10

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes what is there. True when the last chunk and its trailers have been read.
    mutating func read(from bytes: inout ByteBuffer) throws(Problem) -> Bool {
        while true {
            switch expecting {
            case .size:
                guard let line = try line(from: &bytes) else { return false }
                let size = try size(line)
                framingBytes += line.count + 4
                guard body.readableBytes + size <= limit, framingBytes <= limit + Self.spareFraming else {
                    throw BodyFraming.tooLarge(limit)
                }
                expecting = size == 0 ? .trailer : .data(size)
            case .data(let missing):
                guard var part = bytes.readSlice(length: min(missing, bytes.readableBytes)), part.readableBytes > 0
                else { return false }
                let rest = missing - part.readableBytes
                body.writeBuffer(&part)
                expecting = rest == 0 ? .dataEnd : .data(rest)
            case .dataEnd:
                guard bytes.readableBytesView.first ?? 0x0d == 0x0d else { throw Self.broken }
                guard let end = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) else { return false }
                guard end == 0x0d0a else { throw Self.broken }
                bytes.moveReaderIndex(forwardBy: 2)
                expecting = .size
            case .trailer:
                guard let line = try line(from: &bytes) else { return false }
                trailerBytes += line.count
                guard trailerBytes <= Self.longestTrailer else { throw Self.broken }
                if line.isEmpty { return true }
                guard isField(line) else { throw Self.broken }
            }
        }
    }

    /// One line without its CR LF, or nil where it is not whole yet. No other control than tab is in it.
    private func line(from bytes: inout ByteBuffer) throws(Problem) -> [UInt8]? {
        let view = bytes.readableBytesView.prefix(Self.longestLine)
        guard let end = view.firstIndex(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
            guard view.count < Self.longestLine else { throw Self.broken }
            return nil
        }
        guard view[end] == 0x0d else { throw Self.broken }
        guard end + 1 < view.endIndex || view.count == Self.longestLine else { return nil }
        guard end + 1 < view.endIndex, view[end + 1] == 0x0a else { throw Self.broken }
        let line = Array(view[..<end])
        bytes.moveReaderIndex(forwardBy: line.count + 2)
        return line
    }

    private func isField(_ line: [UInt8]) -> Bool {
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        guard !name.isEmpty, name.count < line.count, name.allSatisfy(HeadParser.isToken) else { return false }
        // What says how long a message is can't come after it.
        let text = String(decoding: name, as: UTF8.self)
        return !text.equalsIgnoringASCIICase("content-length") && !text.equalsIgnoringASCIICase("transfer-encoding")
    }

    /// RFC 9112, section 7.1.1, without blanks: `;name`, `;name=value`, `;name="value"`, and so on.
    private func isExtensions(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let first = rest.popFirst() {
            guard first == UInt8(ascii: ";"), takeToken(&rest) else { return false }
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest.removeFirst()
            guard rest.first == UInt8(ascii: "\"") ? takeQuoted(&rest) : takeToken(&rest) else { return false }
        }
        return true
    }

    private func takeToken(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let token = rest.prefix(while: HeadParser.isToken)
        rest = rest[token.endIndex...]
        return !token.isEmpty
    }

    private func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard rest.popFirst() != nil else { return false }
            default: continue
            }
        }
        return false
    }

    /// Hexadecimal digits alone, no sign, no blank; then perhaps `;` and an extension.
    private func size(_ line: [UInt8]) throws(Problem) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard isExtensions(line[digits.endIndex...]) else { throw Self.broken }
        var size = 0
        guard (1...8).contains(digits.count) else { throw Self.broken }
        for digit in digits {
            switch digit {
            case 0x30...0x39: size = size << 4 | Int(digit - 0x30)
            case 0x41...0x46: size = size << 4 | Int(digit - 0x37)
            case 0x61...0x66: size = size << 4 | Int(digit - 0x57)
            default: throw Self.broken
            }
        }
        return size
    }

    private static var broken: Problem {
        Problem(.badRequest, "the chunked body is malformed", advice: "a body with Content-Length")
    }
}
