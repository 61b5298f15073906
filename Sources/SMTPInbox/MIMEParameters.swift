/// `type/subtype; name=value; name="value"` (RFC 2045, section 5.1), with the parameters of RFC 2231: continued
/// (`name*0=…; name*1=…`) and encoded (`name*=charset'language'%XX`). Of Content-Disposition too.
///
/// All of it in bytes: a stranger writes it, and `String` compares some texts slowly.
struct MIMEParameters {
    /// In lower case, such as `text/plain`; empty where there is none.
    let value: [UInt8]
    private let parameters: [(name: [UInt8], value: [UInt8])]

    /// Parameters looked at. Mails have about three.
    private static let mostParameters = 64

    init(_ field: [UInt8]) {
        var parts = Self.split(field)[...]
        value = Self.lowercased(parts.popFirst() ?? [])
        parameters = parts.prefix(Self.mostParameters).compactMap { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return (Self.lowercased(part[..<equals]), Self.unquoted(part[(equals + 1)...]))
        }
    }

    /// The parameter of this name, which is in lower case; nil where there is none.
    func parameter(_ name: String) -> [UInt8]? {
        let name = Array(name.utf8)
        if let plain = parameters.first(where: { $0.name == name }) { return plain.value }
        if let encoded = parameters.first(where: { $0.name == name + Self.star }) { return Self.decoded(encoded.value) }
        return continued(name)
    }

    private func continued(_ name: [UInt8]) -> [UInt8]? {
        var value: [UInt8]?
        for number in 0..<Self.mostParameters {
            let key = name + Self.star + Array(String(number).utf8)
            if let part = parameters.first(where: { $0.name == key }) {
                value = (value ?? []) + part.value
            } else if let part = parameters.first(where: { $0.name == key + Self.star }) {
                value = (value ?? []) + (number == 0 ? Self.decoded(part.value) : Self.unescaped(part.value))
            } else {
                break
            }
        }
        return value
    }

    private static let star = [UInt8(ascii: "*")]

    // MARK: - Reading

    /// The parts between the semicolons that are not in quotes, without the blanks around them; no more than are looked at.
    private static func split(_ field: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var (begin, isQuoted, isEscaped) = (0, false, false)
        for (place, byte) in field.enumerated() {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ";") where !isQuoted:
                parts.append(trimmed(field[begin..<place]))
                guard parts.count <= mostParameters else { return parts }
                begin = place + 1
            default: continue
            }
        }
        parts.append(trimmed(field[begin...]))
        return parts
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let begin = bytes.drop(while: isBlank)
        return begin[..<(begin.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? begin.startIndex)]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    private static func lowercased(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        trimmed(bytes).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    }

    /// A token, or what stands in quotes, without its backslashes.
    private static func unquoted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let value = trimmed(bytes)
        guard value.first == UInt8(ascii: "\"") else { return Array(value) }
        var text: [UInt8] = []
        var isEscaped = false
        for byte in value.dropFirst() {
            switch byte {
            case _ where isEscaped:
                isEscaped = false
                text.append(byte)
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): return text
            default: text.append(byte)
            }
        }
        return text
    }

    /// `charset'language'%XX`, without the first two: what is read here is ASCII.
    private static func decoded(_ value: [UInt8]) -> [UInt8] {
        let parts = value.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        return unescaped(parts.count == 3 ? Array(parts[2]) : value)
    }

    private static func unescaped(_ value: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        // `=XX` of quoted-printable is `%XX` here.
        TransferEncoding.unescape(value[...], escape: UInt8(ascii: "%"), into: &text)
        return text
    }
}
