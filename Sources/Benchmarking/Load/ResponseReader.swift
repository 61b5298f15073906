import NIOCore

/// Reads the responses to GET requests on one connection (RFC 9112): each one's status and its end.
struct ResponseReader {
    enum Step: Equatable {
        case needsMore
        case answer(status: Int, keepsAlive: Bool)
        /// The input is not HTTP.
        case broken
    }

    private enum Place: Equatable {
        case head
        case body(Int)
        case chunkSize
        /// The bytes that are left, with the line end after the chunk.
        case chunk(Int)
        case trailer
        case untilClose
    }

    private var place = Place.head
    private var status = 0
    private var keepsAlive = true

    static let longestHead = 64 << 10

    /// Removes one response, or the part of it that is there, from the input.
    mutating func next(_ input: inout ByteBuffer) -> Step {
        while true {
            switch place {
            case .head:
                guard let head = ResponseHead(input) else {
                    return input.readableBytes > Self.longestHead ? .broken : .needsMore
                }
                guard head.isValid else { return .broken }
                input.moveReaderIndex(forwardBy: head.length)
                // A 1xx response comes before the final one.
                if head.status >= 200 { begin(head) }
            case .body(let left):
                let part = min(left, input.readableBytes)
                input.moveReaderIndex(forwardBy: part)
                guard part == left else { return wait(.body(left - part)) }
                return end()
            case .chunk(let left):
                let part = min(left, input.readableBytes)
                input.moveReaderIndex(forwardBy: part)
                guard part == left else { return wait(.chunk(left - part)) }
                place = .chunkSize
            case .chunkSize:
                guard let line = Self.line(&input) else { return input.readableBytes > 1024 ? .broken : .needsMore }
                let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
                guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), (0...1 << 40).contains(size)
                else { return .broken }
                place = size == 0 ? .trailer : .chunk(size + 2)
            case .trailer:
                guard let line = Self.line(&input) else {
                    return input.readableBytes > Self.longestHead ? .broken : .needsMore
                }
                if line.isEmpty { return end() }
            case .untilClose:
                input.clear()
                return .needsMore
            }
        }
    }

    /// The status of a response that the end of the connection ends.
    var statusAtEnd: Int? { place == .untilClose ? status : nil }

    private mutating func begin(_ head: ResponseHead) {
        status = head.status
        keepsAlive = head.keepsAlive
        if status == 204 || status == 304 {
            place = .body(0)
        } else if head.isChunked {
            place = .chunkSize
        } else {
            place = head.contentLength.map { .body($0) } ?? .untilClose
        }
    }

    private mutating func wait(_ place: Place) -> Step {
        self.place = place
        return .needsMore
    }

    private mutating func end() -> Step {
        place = .head
        return .answer(status: status, keepsAlive: keepsAlive)
    }

    /// The next line, without its line end.
    private static func line(_ input: inout ByteBuffer) -> ByteBufferView? {
        let bytes = input.readableBytesView
        guard let end = bytes.firstIndex(of: 0x0a) else { return nil }
        input.moveReaderIndex(forwardBy: end - bytes.startIndex + 1)
        return end > bytes.startIndex && bytes[end - 1] == 0x0d ? bytes[..<(end - 1)] : bytes[..<end]
    }
}
