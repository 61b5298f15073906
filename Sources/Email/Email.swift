import BgdemoFoundations

/// One mail to one recipient. A value of this type has passed every rule and may be sent. It is checked where a request
/// asks for it, and again, by the same rules, where it is read from a wire.
public struct Email: Sendable, Hashable {
    /// One reference to count where a mail is copied, as it is a dozen times for each request, and one word of memory in
    /// each task that waits with it.
    @usableFromInline final class Content: Sendable {
        @usableFromInline let id: EmailID
        @usableFromInline let to: Address
        @usableFromInline let subject: String
        @usableFromInline let text: String

        init(id: EmailID, to: Address, subject: String, text: String) {
            (self.id, self.to, self.subject, self.text) = (id, to, subject, text)
        }
    }

    @usableFromInline let content: Content

    @inlinable public var id: EmailID { content.id }
    @inlinable public var to: Address { content.to }
    /// 1 to 998 bytes of UTF-8 without a control character.
    @inlinable public var subject: String { content.subject }
    /// 1 byte to ``maximumTextBytes`` of UTF-8; tab and line ends are its only control characters.
    @inlinable public var text: String { content.text }

    /// The longest text taken, in bytes.
    public static let maximumTextBytes = 1 << 20

    /// - Parameters:
    ///   - id: Default: a new one.
    ///   - to: See ``Address``.
    ///   - subject: 1 to 998 bytes of UTF-8 without a control character.
    ///   - text: 1 byte to ``maximumTextBytes`` of UTF-8; tab and line ends are its only control characters.
    /// - Throws: ``InvalidEmail`` with the field that breaks a rule, and the rule as a sentence for the sender.
    public init(id: EmailID = EmailID(), to: String, subject: String, text: String) throws(InvalidEmail) {
        let to = try Address(to)
        try Self.check(subject: subject)
        try Self.check(text: text)
        content = Content(id: id, to: to, subject: subject, text: text)
    }

    /// Compares bytes: to `String` two spellings of one letter are equal, and long runs of marks are slow.
    public static func == (one: Email, other: Email) -> Bool {
        one.id == other.id && one.to == other.to && one.subject.utf8.elementsEqual(other.subject.utf8)
            && one.text.utf8.elementsEqual(other.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(to)
    }

    private static func check(subject: String) throws(InvalidEmail) {
        guard !subject.isEmpty else {
            throw InvalidEmail(.subject, "the subject is empty; send at least one character")
        }
        guard subject.utf8.count <= 998 else { throw InvalidEmail(.subject, "the subject is longer than 998 bytes") }
        guard !subject.isPrintableASCII else { return }
        guard subject.everyByte({ $0 >= 0x20 && $0 != 0x7f }), !hasC1(subject) else {
            throw InvalidEmail(.subject, "a control character may not be in a subject, a line end or tab neither")
        }
    }

    private static func check(text: String) throws(InvalidEmail) {
        guard !text.isEmpty else { throw InvalidEmail(.text, "the text is empty; send at least one character") }
        guard text.utf8.count <= maximumTextBytes else {
            throw InvalidEmail(.text, "the text is longer than \(maximumTextBytes) bytes")
        }
        guard !text.isPrintableASCII else { return }
        let isClean = text.everyByte { byte in
            byte >= 0x20 && byte != 0x7f || byte == 0x09 || byte == 0x0a || byte == 0x0d
        }
        guard isClean, !hasC1(text) else {
            throw InvalidEmail(.text, "a control character other than tab and line ends may not be in the text")
        }
    }

    /// U+0080 to U+009F, in UTF-8 always C2 80 to C2 9F.
    private static func hasC1(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if previous == 0xc2, byte < 0xa0 { return true }
            previous = byte
        }
        return false
    }
}
