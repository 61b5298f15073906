/// One mailbox: an addr-spec by RFC 5321, section 4.1.2, and not a character beside it.
///
/// Stricter than the RFC where leniency was exploited: no leading dash (a mail program's option), no
/// encoded word (some programs decode it into another address), no control character even in quotes. Letters outside
/// ASCII are allowed by RFC 6531; the server must then offer SMTPUTF8 (see ``needsSMTPUTF8``).
public struct Address: Sendable, Hashable, CustomStringConvertible {
    /// The address as it was given.
    public let text: String
    /// The part before the last `@`.
    public let localPart: String
    /// The domain in ASCII: an internationalised label in its `xn--` form (RFC 5891), or an address literal `[…]`.
    public let domain: String

    /// - Parameter text: An addr-spec, 1 to 254 bytes of UTF-8, without angle brackets and without a display name.
    /// - Throws: ``InvalidEmail`` of the field `to`, with a sentence for the sender.
    public init(_ text: String) throws(InvalidEmail) {
        // An array is read in a fraction of the time that the string's views take.
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { throw InvalidEmail(.to, "the address is empty; send one like you@example.org") }
        guard bytes.count <= 254 else { throw InvalidEmail(.to, "the address is longer than 254 bytes") }
        guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else {
            throw InvalidEmail(.to, "an address has an @, like you@example.org")
        }
        try Self.check(localPart: bytes[..<at])
        self.text = text
        localPart = String(decoding: bytes[..<at], as: UTF8.self)
        domain = try Domain.ascii(bytes[(at + 1)...])
        guard at + 1 + domain.utf8.count <= 254 else {
            throw InvalidEmail(.to, "the address is longer than 254 bytes in ASCII")
        }
    }

    /// Whether the local part needs a server with SMTPUTF8 (RFC 6531).
    public var needsSMTPUTF8: Bool { !localPart.utf8.allSatisfy { $0 < 0x80 } }

    /// The address as it goes into `RCPT TO:<…>` and the `To:` header.
    public var mailbox: String { "\(localPart)@\(domain)" }

    public var description: String { text }

    /// Compares bytes: to `String` two spellings of one letter are equal, and long runs of marks are slow.
    public static func == (one: Address, other: Address) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    /// - Parameter bytes: UTF-8.
    private static func check(localPart bytes: ArraySlice<UInt8>) throws(InvalidEmail) {
        guard let first = bytes.first else {
            throw InvalidEmail(.to, "there is nothing before the @; send an address like you@example.org")
        }
        guard bytes.count <= 64 else { throw InvalidEmail(.to, "the part before the @ is longer than 64 bytes") }
        if first == UInt8(ascii: "\"") {
            return try check(quoted: bytes)
        }
        guard first != UInt8(ascii: "-") else {
            throw InvalidEmail(.to, "an address may not begin with a dash")
        }
        guard !hasEncodedWord(bytes) else { throw InvalidEmail(.to, "an encoded word (=?…?=) is not an address") }
        var previous = UInt8(ascii: ".")
        var isASCII = true
        for byte in bytes {
            isASCII = isASCII && byte < 0x80
            if byte == UInt8(ascii: ".") {
                guard previous != byte else {
                    throw InvalidEmail(.to, "a dot stands first or twice in a row before the @")
                }
            } else {
                guard byte >= 0x80 || isAtomText(byte) else { throw unexpected(byte) }
            }
            previous = byte
        }
        guard previous != UInt8(ascii: ".") else { throw InvalidEmail(.to, "a dot stands last before the @") }
        guard !isASCII else { return }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
        for scalar in scalars where scalar.value >= 0x80 && isInvisible(scalar) {
            throw InvalidEmail(.to, "\(name(scalar)) may not be in an address")
        }
    }

    /// RFC 5321's Quoted-string: `"` then printable ASCII with `\` before a quote or a backslash, then `"`.
    private static func check(quoted bytes: ArraySlice<UInt8>) throws(InvalidEmail) {
        guard bytes.count >= 3, bytes.last == UInt8(ascii: "\"") else {
            throw InvalidEmail(.to, "the quoted part before the @ is empty or not closed")
        }
        guard !bytes.dropFirst().starts(with: [UInt8(ascii: "-")]) else {
            throw InvalidEmail(.to, "an address may not begin with a dash")
        }
        var escaped = false
        for byte in bytes.dropFirst().dropLast() {
            guard byte >= 0x20, byte < 0x7f else {
                throw InvalidEmail(.to, "only printable ASCII may stand in quotes before the @")
            }
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "\"") {
                throw InvalidEmail(.to, "a quote in a quoted part before the @ needs a backslash")
            }
        }
        guard !escaped else { throw InvalidEmail(.to, "the quoted part before the @ is not closed") }
        guard !hasEncodedWord(bytes) else { throw InvalidEmail(.to, "an encoded word (=?…?=) is not an address") }
    }

    /// Whether a `=?` is followed by a `?=`, which some program may decode. One alone is plain text.
    private static func hasEncodedWord(_ bytes: ArraySlice<UInt8>) -> Bool {
        var begun = 0
        var previous: UInt8 = 0
        for byte in bytes {
            if begun > 0 { begun += 1 }
            switch (previous, byte) {
            case (UInt8(ascii: "="), UInt8(ascii: "?")) where begun == 0: begun = 1
            // In `=?=` one question mark is both, and no word.
            case (UInt8(ascii: "?"), UInt8(ascii: "=")) where begun > 2: return true
            default: break
            }
            previous = byte
        }
        return false
    }

    /// Beyond ASCII, letters, marks and signs are welcome; controls, separators, what shows nothing and the unassigned
    /// are not.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }

    /// `U+200B`: for what can't be shown.
    static func name(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"),
            UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
            UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "~"):
            true
        default:
            false
        }
    }

    private static func unexpected(_ byte: UInt8) -> InvalidEmail {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "@"):
            InvalidEmail(.to, "one recipient only: an address list is not taken, send a request for each")
        case 0..<0x20, 0x7f:
            InvalidEmail(.to, "a control character may not be in an address")
        case UInt8(ascii: "<"), UInt8(ascii: ">"):
            InvalidEmail(.to, "the address alone, without < and > or a name; send one like you@example.org")
        default:
            InvalidEmail(
                .to, "\"\(Character(Unicode.Scalar(byte)))\" may not be in an address; send one like you@example.org")
        }
    }
}
