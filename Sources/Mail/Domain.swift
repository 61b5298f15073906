/// The part of an address after the `@`: dot-separated labels (RFC 5321, RFC 1035), or an address literal.
enum Domain {
    /// The domain in ASCII, internationalised labels as `xn--…`.
    static func ascii(_ domain: Substring) throws(InvalidEmail) -> String {
        guard let first = domain.utf8.first else {
            throw InvalidEmail(.to, "there is nothing after the @; send an address like you@example.org")
        }
        if first == UInt8(ascii: "[") { return try literal(domain) }
        if domain.utf8.allSatisfy({ $0 < 0x80 }) {
            try check(domain)
            return String(domain)
        }
        try Address.checkControls(domain)
        var labels: [String] = []
        for label in domain.split(separator: ".", omittingEmptySubsequences: false) {
            labels.append(
                label.utf8.allSatisfy { $0 < 0x80 } ? String(label) : "xn--" + (try punycode(label.lowercased())))
        }
        let ascii = labels.joined(separator: ".")
        try check(ascii[...])
        return ascii
    }

    private static func check(_ domain: Substring) throws(InvalidEmail) {
        guard domain.utf8.count <= 253 else { throw InvalidEmail(.to, "the domain is longer than 253 bytes") }
        var length = 0
        var previous = UInt8(ascii: ".")
        for byte in domain.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                guard length > 0 else { throw InvalidEmail(.to, "the domain has an empty label: two dots, or one first") }
                guard previous != UInt8(ascii: "-") else {
                    throw InvalidEmail(.to, "a label of the domain ends with a dash")
                }
                length = 0
            case UInt8(ascii: "-") where length == 0:
                throw InvalidEmail(.to, "a label of the domain begins with a dash")
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                length += 1
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
    }

    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321, section 4.1.3).
    private static func literal(_ domain: Substring) throws(InvalidEmail) -> String {
        guard domain.utf8.last == UInt8(ascii: "]") else {
            throw InvalidEmail(.to, "the address literal after the @ is not closed with ]")
        }
        let inside = domain.dropFirst().dropLast()
        let isIPv4 = isIPv4(inside)
        let isIPv6 = inside.hasPrefix("IPv6:") && isIPv6(inside.dropFirst(5))
        guard isIPv4 || isIPv6 else {
            throw InvalidEmail(.to, "in brackets after the @ stands an address like [192.0.2.1] or [IPv6:2001:db8::1]")
        }
        return String(domain)
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && UInt8(part) != nil
            }
    }

    private static func isIPv6(_ text: Substring) -> Bool {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        let gaps = text.indices.count { text[$0...].hasPrefix("::") }
        guard gaps <= 1, !text.hasPrefix(":") || text.hasPrefix("::"), !text.hasSuffix(":") || text.hasSuffix("::")
        else { return false }
        let filled = groups.filter { !$0.isEmpty }
        guard filled.allSatisfy({ $0.utf8.count <= 4 && UInt16($0, radix: 16) != nil && $0.first != "+" }) else {
            return false
        }
        return gaps == 1 ? filled.count <= 7 : filled.count == 8 && groups.count == 8
    }

    /// One label by RFC 3492, without the `xn--`.
    private static func punycode(_ label: String) throws(InvalidEmail) -> String {
        let scalars = label.unicodeScalars.map { Int($0.value) }
        var output = scalars.filter { $0 < 0x80 }.map { UInt8($0) }
        let basic = output.count
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var (n, delta, bias, handled) = (128, 0, 72, basic)
        while handled < scalars.count {
            guard let next = scalars.filter({ $0 >= n }).min() else { break }
            delta += (next - n) * (handled + 1)
            n = next
            for scalar in scalars {
                if scalar < n { delta += 1 }
                guard scalar == n else { continue }
                var (q, k) = (delta, 36)
                while true {
                    let threshold = min(max(k - bias, 1), 26)
                    if q < threshold { break }
                    output.append(digit(threshold + (q - threshold) % (36 - threshold)))
                    q = (q - threshold) / (36 - threshold)
                    k += 36
                }
                output.append(digit(q))
                bias = adapt(delta, handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            n += 1
        }
        guard output.count <= 59 else { throw InvalidEmail(.to, "a label of the domain is longer than 63 bytes") }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digit(_ value: Int) -> UInt8 {
        UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30)
    }

    private static func adapt(_ delta: Int, _ points: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / points
        var k = 0
        while delta > 455 {
            delta /= 35
            k += 36
        }
        return k + 36 * delta / (delta + 38)
    }
}
