import BgdemoFoundations

/// A pattern that an address matches or not, such as `*@example.org`: each `*` stands for any run of characters.
///
/// ASCII letter case does not count; other letters are compared as they are, so that U+212A KELVIN SIGN is no `k`. A
/// domain beyond ASCII is compared in its A-form (`xn--…`), in which addresses have it.
public struct AddressPattern: Sendable, Hashable, CustomStringConvertible {
    private let text: String
    private let bytes: [UInt8]

    /// The longest pattern, in bytes: no address is longer.
    private static let longest = 254

    /// - Throws: ``InvalidEmail`` where no address can match: it is empty, too long, or its domain is none.
    public init(_ text: String) throws(InvalidEmail) {
        guard !text.isEmpty else { throw InvalidEmail(.to, "the pattern is empty; one is like *@example.org") }
        guard text.utf8.count <= Self.longest else {
            throw InvalidEmail(.to, "the pattern is longer than \(Self.longest) bytes")
        }
        guard text.everyByte({ $0 > 0x20 && $0 != 0x7f }) else {
            throw InvalidEmail(.to, "a blank or a control character may not be in a pattern")
        }
        self.text = text
        bytes = Array(try Self.inAForm(text).asciiLowercased().utf8)
    }

    /// The patterns of a list, separated by commas, blanks or both.
    ///
    /// - Throws: ``InvalidEmail`` where one of them is none, or where the list has none: an empty list would allow all.
    public static func list(_ text: String) throws(InvalidEmail) -> [AddressPattern] {
        var patterns: [AddressPattern] = []
        for word in text.utf8.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 <= 0x20 }) {
            patterns.append(try AddressPattern(String(Substring(word))))
        }
        guard !patterns.isEmpty else {
            throw InvalidEmail(.to, "the list of patterns has no pattern in it; one is like *@example.org")
        }
        return patterns
    }

    public func matches(_ address: Address) -> Bool {
        matches(Array(address.mailbox.asciiLowercased().utf8))
    }

    public var description: String { text }

    /// The labels beyond ASCII after the last `@` as `xn--…`. One with a `*` in it has no A-form.
    private static func inAForm(_ text: String) throws(InvalidEmail) -> String {
        guard !text.utf8.isASCII, let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return text }
        let domain = text[text.utf8.index(after: at)...]
        var labels: [String] = []
        for label in domain.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false) {
            let label = Substring(label)
            guard label.utf8.isASCII || !label.utf8.contains(UInt8(ascii: "*")) else {
                throw InvalidEmail(.to, "a * may not stand beside letters beyond ASCII in a part of a domain")
            }
            labels.append(try Domain.aLabel(label))
        }
        return text[...at] + labels.joined(separator: ".")
    }

    /// Takes at most the product of both lengths.
    private func matches(_ address: [UInt8]) -> Bool {
        var (here, there) = (0, 0)
        var lastStar: (address: Int, pattern: Int)?
        while here < address.count {
            if there < bytes.count, bytes[there] == UInt8(ascii: "*") {
                lastStar = (here, there)
                there += 1
            } else if there < bytes.count, bytes[there] == address[here] {
                (here, there) = (here + 1, there + 1)
            } else if let star = lastStar {
                lastStar = (star.address + 1, star.pattern)
                (here, there) = (star.address + 1, star.pattern + 1)
            } else {
                return false
            }
        }
        return bytes[there...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension Collection<UInt8> {
    fileprivate var isASCII: Bool { allSatisfy { $0 < 0x80 } }
}
