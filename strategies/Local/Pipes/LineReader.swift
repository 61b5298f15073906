package import NIOCore

/// Cuts what comes over a pipe into lines. What is longer than a line may be is let pass unread to its end, so
/// that the line after it is heard again.
package struct LineReader {
    package enum Line: Equatable {
        /// Without its line end.
        case whole(ByteBuffer)
        /// This many bytes were no line.
        case tooLong(Int)
    }

    /// Bytes of a line. A text of a mebibyte in which every character is escaped is six.
    package static let longest = 8 << 20

    private let limit: Int
    private var bytes = ByteBuffer()
    private var searched = 0
    private var skipped = 0

    package init(limit: Int = Self.longest) {
        self.limit = limit
    }

    /// Bytes of a line that has not ended.
    package var rest: Int { bytes.readableBytes + skipped }

    package mutating func append(_ more: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return bytes = more }
        bytes.discardReadBytes()
        bytes.writeImmutableBuffer(more)
    }

    package mutating func next() -> Line? {
        let view = bytes.readableBytesView
        guard let end = view[(view.startIndex + searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.readableBytes
            if skipped > 0 || searched > limit {
                skipped += searched
                bytes = ByteBuffer()
                searched = 0
            }
            return nil
        }
        let line = bytes.readSlice(length: end - view.startIndex) ?? ByteBuffer()
        bytes.moveReaderIndex(forwardBy: 1)
        searched = 0
        guard skipped == 0, line.readableBytes <= limit else {
            defer { skipped = 0 }
            return .tooLong(skipped + line.readableBytes)
        }
        return .whole(line)
    }
}
