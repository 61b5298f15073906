import BgdemoFoundations

/// The part of an address after the `@`: dot-separated labels (RFC 5321, RFC 1035), or an address literal.
enum Domain {
    /// The domain in ASCII, internationalised labels as `xn--…`.
    ///
    /// - Parameter bytes: UTF-8.
    static func ascii(_ bytes: ArraySlice<UInt8>) throws(InvalidEmail) -> String {
        guard let first = bytes.first else {
            throw InvalidEmail(.to, "there is nothing after the @; send an address like you@example.org")
        }
        let domain = String(decoding: bytes, as: UTF8.self)
        if first == UInt8(ascii: "[") { return try AddressLiteral.check(domain[...]) }
        if bytes.isASCII {
            try check(bytes)
            return domain
        }
        var labels: [String] = []
        // By scalars: to a `Character` a dot with a mark on it is no dot.
        for label in domain.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false) {
            labels.append(try aLabel(Substring(label)))
        }
        let ascii = labels.joined(separator: ".")
        try check(Array(ascii.utf8)[...])
        return ascii
    }

    /// One label in its ASCII form (RFC 5891, section 4).
    static func aLabel(_ label: Substring) throws(InvalidEmail) -> String {
        guard !label.utf8.allSatisfy({ $0 < 0x80 }) else { return String(label) }
        let lower = label.lowercased()
        for scalar in lower.unicodeScalars where scalar.value >= 0x80 {
            guard isPermitted(scalar) else {
                throw InvalidEmail(
                    .to, "\(Address.name(scalar)) may not be in a domain; send its xn-- form if it has one")
            }
        }
        guard let first = lower.unicodeScalars.first, !isMark(first) else {
            throw InvalidEmail(.to, "a label of the domain begins with a combining mark")
        }
        return "xn--" + Punycode.encode(lower)
    }

    /// RFC 5892: letters, marks and digits that no normalisation changes.
    ///
    /// Text in NFD is refused and not composed: the standard library offers no normalisation, Foundation's brings
    /// 30 MB of ICU, and a label that was not composed names another domain, or none. So are fullwidth forms, emoji
    /// and the ideographic full stop, which RFC 5895 leaves to the input method to map.
    private static func isPermitted(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber: break
        default: return false
        }
        // The two letters that folding changes and IDNA 2008 keeps (RFC 5892, section 2.6): ß and ς.
        guard !properties.changesWhenNFKCCaseFolded || scalar == "\u{df}" || scalar == "\u{3c2}" else { return false }
        switch properties.canonicalCombiningClass.rawValue {
        // Overlays, kana voicing marks, and accents: with the letter before, they have a form in one.
        case 1, 8, 200...240: return false
        default: break
        }
        // Hangul in parts.
        return !(0x1100...0x11ff).contains(scalar.value)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark: true
        default: false
        }
    }

    private static func check(_ domain: ArraySlice<UInt8>) throws(InvalidEmail) {
        guard domain.count <= 253 else { throw InvalidEmail(.to, "the domain is longer than 253 bytes") }
        var length = 0
        var isNumber = true
        var previous = UInt8(ascii: ".")
        for byte in domain {
            switch byte {
            case UInt8(ascii: "."):
                guard length > 0 else {
                    throw InvalidEmail(.to, "the domain has an empty label: two dots, or one first")
                }
                guard previous != UInt8(ascii: "-") else {
                    throw InvalidEmail(.to, "a label of the domain ends with a dash")
                }
                length = 0
                isNumber = true
            case UInt8(ascii: "-") where length == 0:
                throw InvalidEmail(.to, "a label of the domain begins with a dash")
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                length += 1
                isNumber = isNumber && isDigit(byte)
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                throw InvalidEmail(.to, "one recipient only: an address list is not taken, send a request for each")
            case 0..<0x20, 0x7f:
                throw InvalidEmail(.to, "a control character may not be in an address")
            default:
                throw InvalidEmail(
                    .to, "\"\(Character(Unicode.Scalar(byte)))\" may not be in a domain; send one like example.org")
            }
            guard length <= 63 else { throw InvalidEmail(.to, "a label of the domain is longer than 63 bytes") }
            previous = byte
        }
        guard length > 0 else { throw InvalidEmail(.to, "the domain ends with a dot") }
        guard previous != UInt8(ascii: "-") else { throw InvalidEmail(.to, "a label of the domain ends with a dash") }
        guard !isNumber else {
            throw InvalidEmail(.to, "an IP address after the @ stands in brackets, like you@[192.0.2.1]")
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
