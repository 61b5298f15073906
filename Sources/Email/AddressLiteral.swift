import BgdemoFoundations

/// An IP address in the place of a domain: `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321, section 4.1.3).
enum AddressLiteral {
    /// The literal as it was given, brackets and all.
    static func check(_ domain: Substring) throws(InvalidEmail) -> String {
        guard domain.utf8.count >= 2, domain.utf8.last == UInt8(ascii: "]") else {
            throw InvalidEmail(.to, "the address literal after the @ is not closed with ]")
        }
        let inside = String(domain.dropFirst().dropLast())
        // A mark on a bracket or a digit would be one `Character` with it.
        let isASCII = domain.utf8.allSatisfy { $0 < 0x80 }
        let isIPv6 = inside.asciiLowercased().hasBytePrefix("ipv6:") && isIPv6(inside.dropFirst(5))
        guard isASCII, isIPv6 || isIPv4(inside[...]) else {
            throw InvalidEmail(.to, "in brackets after the @ stands an address like [192.0.2.1] or [IPv6:2001:db8::1]")
        }
        return String(domain)
    }

    /// Four numbers to 255, none with a leading zero: some programs read that as octal, another address.
    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil
                    && (part.utf8.count == 1 || part.utf8.first != 0x30)
            }
    }

    /// Eight groups, the last two perhaps as IPv4; or `::` once, for two groups or more.
    private static func isIPv6(_ text: Substring) -> Bool {
        guard let gap = firstGap(text) else { return groups(text) == 8 }
        let (before, after) = (text[..<gap.lowerBound], text[gap.upperBound...])
        guard firstGap(after) == nil, !before.contains(".") else { return false }
        guard let left = before.isEmpty ? 0 : groups(before), let right = after.isEmpty ? 0 : groups(after) else {
            return false
        }
        return left + right <= 6
    }

    private static func firstGap(_ text: Substring) -> Range<Substring.Index>? {
        zip(text.indices, text.indices.dropFirst())
            .first { text[$0] == ":" && text[$1] == ":" }
            .map { $0..<text.index(after: $1) }
    }

    /// How many groups of 16 bits `text` spells, or nil where a part of it is none.
    private static func groups(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let last = parts.last else { return nil }
        let endsAsIPv4 = isIPv4(last)
        let isHex = (endsAsIPv4 ? parts.dropLast() : parts[...]).allSatisfy { part in
            (1...4).contains(part.utf8.count) && part.allSatisfy { $0.isASCII && $0.isHexDigit }
        }
        return isHex ? parts.count + (endsAsIPv4 ? 1 : 0) : nil
    }
}
