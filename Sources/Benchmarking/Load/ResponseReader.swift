import NIOCore

/// Reads the answers of one connection, to requests by GET (RFC 9112): their status, and where the next begins.
struct ResponseReader {
    enum Step: Equatable {
        case needsMore
        case answer(status: Int, keepsAlive: Bool)
        /// What comes is no HTTP.
        case broken
    }

    private enum Place: Equatable {
        case head
        case body(Int)
        case chunkSize
        /// With the line end after it.
        case chunk(Int)
        case trailer
        case untilClose
    }

    private var place = Place.head
    private var status = 0
    private var keepsAlive = true

    static let longestHead = 64 << 10

    /// Takes one answer off the bytes, or as much as there is of it.
    mutating func next(_ input: inout ByteBuffer) -> Step {
        while true {
            switch place {
            case .head:
                guard let head = ResponseHead(input.readableBytesView) else {
                    return input.readableBytes > Self.longestHead ? .broken : .needsMore
                }
                guard head.isValid else { return .broken }
                input.moveReaderIndex(forwardBy: head.length)
                // 100 and its like announce the answer.
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

    /// The connection has ended: the status of an answer that ends with it.
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

    /// A line without its end.
    private static func line(_ input: inout ByteBuffer) -> ByteBufferView? {
        let bytes = input.readableBytesView
        guard let end = bytes.firstIndex(of: 0x0a) else { return nil }
        input.moveReaderIndex(forwardBy: end - bytes.startIndex + 1)
        return end > bytes.startIndex && bytes[end - 1] == 0x0d ? bytes[..<(end - 1)] : bytes[..<end]
    }
}
