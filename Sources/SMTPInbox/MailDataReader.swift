import NIOCore

/// The text of a mail from DATA to its end, which is CR LF `.` CR LF and nothing else (RFC 5321, sections 4.1.1.4 and
/// 4.5.2). A dot between bare LFs or CRs is text: servers that ended there let clients smuggle mails.
struct MailDataReader {
    private enum Place { case lineStart, dot, dotCR, inLine, cr }

    private let limit: Int
    private var place = Place.lineStart
    private(set) var text: [UInt8] = []
    /// Why nothing of it is kept; its end is still looked for.
    private(set) var refusal: Refusal?

    enum Refusal { case tooLong, noSpace }

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes what is there, up to the end of the text. True when the end has been read.
    mutating func read(_ input: inout ByteBuffer) -> Bool {
        let end = scan(input)
        input.moveReaderIndex(forwardBy: end ?? input.readableBytes)
        return end != nil
    }

    /// Keeps what is text; the number of bytes up to the end of it, or nil where that has not come.
    private mutating func scan(_ input: ByteBuffer) -> Int? {
        let bytes = input.readableBytesUInt8Span
        var begin = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch place {
            case .inLine:
                while index < bytes.count, bytes[index] != 0x0d { index += 1 }
                if index < bytes.count { place = .cr }
            case .cr:
                place = byte == 0x0a ? .lineStart : byte == 0x0d ? .cr : .inLine
            case .lineStart where byte == UInt8(ascii: "."):
                keep(input.readableBytesView.dropFirst(begin).prefix(index - begin))
                begin = index + 1
                place = .dot
            case .lineStart:
                place = byte == 0x0d ? .cr : .inLine
            case .dot where byte == 0x0d:
                // The end or text: the next byte decides.
                begin = index + 1
                place = .dotCR
            case .dot:
                place = .inLine
            case .dotCR where byte == 0x0a:
                return index + 1
            case .dotCR:
                keep(CollectionOfOne(0x0d))
                begin = index
                place = byte == 0x0d ? .cr : .inLine
            }
            index += 1
        }
        if begin < bytes.count { keep(input.readableBytesView.dropFirst(begin)) }
        return nil
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        guard refusal == nil else { return }
        guard text.count + bytes.count <= limit else { return refuse(.tooLong) }
        text.append(contentsOf: bytes)
    }

    /// Lets go of the text and keeps no more of it.
    mutating func refuse(_ refusal: Refusal) {
        self.refusal = refusal
        text = []
    }

    /// The text without the spare capacity that it had to grow.
    var exactText: [UInt8] {
        guard text.capacity > text.count + text.count / 4 + 64 else { return text }
        var exact: [UInt8] = []
        exact.reserveCapacity(text.count)
        exact.append(contentsOf: text)
        return exact
    }
}
