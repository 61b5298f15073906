import BgdemoEmail
import NIOCore
import BgdemoPipes

extension Journal {
    /// An entry of the journal:
    ///
    ///     length    4 bytes, big endian: of the payload
    ///     checksum  4 bytes, big endian: CRC-32 of the payload
    ///     payload   a mail's line as it came over the pipe, or `-` and the id of a mail that is done
    ///
    /// A length begins with a zero byte and a line has none, so that no mail can look like a record.
    enum Record: Sendable, Equatable {
        case mail(MailLine)
        case removal(EmailID)
    }
}

extension Journal.Record {
    private static let headerSize = 8
    private static let longest = LineReader.longest + 64

    /// The first whole record at `place` or after it. In linear time, however damaged the bytes are: a length begins with a
    /// zero byte, so that at most 8 headers stand before one run of other bytes, and only such a run is a payload.
    static func next(in bytes: ByteBuffer, from place: Int) -> (record: Self, range: Range<Int>)? {
        var start = place
        while start + headerSize < bytes.writerIndex {
            if let record = record(in: bytes, at: start) { return record }
            start += 1
        }
        return nil
    }

    private static func record(in bytes: ByteBuffer, at start: Int) -> (record: Self, range: Range<Int>)? {
        guard let length = bytes.getInteger(at: start, as: UInt32.self), length > 0, length <= longest,
            let checksum = bytes.getInteger(at: start + 4, as: UInt32.self),
            let payload = bytes.getSlice(at: start + headerSize, length: Int(length)),
            !payload.readableBytesView.contains(0), Checksum.of(payload.readableBytesView) == checksum,
            let record = Self(payload)
        else { return nil }
        return (record, start..<(start + headerSize + Int(length)))
    }

    private init?(_ payload: ByteBuffer) {
        if payload.readableBytesView.first == UInt8(ascii: "-") {
            var text = payload
            text.moveReaderIndex(forwardBy: 1)
            guard let id = EmailID(String(buffer: text)) else { return nil }
            self = .removal(id)
        } else {
            guard let mail = MailLine(payload) else { return nil }
            self = .mail(mail)
        }
    }

    func write(into bytes: inout ByteBuffer) {
        let start = bytes.writerIndex
        bytes.writeInteger(UInt64(0))
        switch self {
        case .mail(let mail): bytes.writeImmutableBuffer(mail.bytes)
        case .removal(let id): bytes.writeString("-\(id)")
        }
        let payload = bytes.readableBytesView[(start + Self.headerSize)...]
        bytes.setInteger(UInt32(truncatingIfNeeded: payload.count), at: start)
        bytes.setInteger(Checksum.of(payload), at: start + 4)
    }
}
