import BgdemoFoundations

/// How a body was made to fit through old servers (RFC 2045, section 6), undone. Broken escapes stay as they are.
enum TransferEncoding {
    case identity, quotedPrintable, base64

    init(_ name: [UInt8]) {
        let name = name.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        if name.elementsEqual("quoted-printable".utf8) {
            self = .quotedPrintable
        } else if name.elementsEqual("base64".utf8) {
            self = .base64
        } else {
            self = .identity
        }
    }

    func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .identity: Array(bytes)
        case .quotedPrintable: Self.quotedPrintable(bytes)
        case .base64: Self.base64(bytes)
        }
    }

    /// MIME's base 64 (RFC 2045, section 6.8), which is lax where RFC 4648 is strict: what is not of the alphabet is read
    /// past, and of a last group that was cut short the whole bytes are kept.
    static func base64(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var group: UInt32 = 0
        var digits = 0
        for byte in bytes {
            guard let digit = sextet(byte) else {
                if byte == UInt8(ascii: "=") { break }
                continue
            }
            group = group << 6 | digit
            digits += 1
            guard digits == 4 else { continue }
            decoded.append(UInt8(truncatingIfNeeded: group >> 16))
            decoded.append(UInt8(truncatingIfNeeded: group >> 8))
            decoded.append(UInt8(truncatingIfNeeded: group))
            (group, digits) = (0, 0)
        }
        if digits >= 2 { decoded.append(UInt8(truncatingIfNeeded: group >> (digits == 2 ? 4 : 10))) }
        if digits == 3 { decoded.append(UInt8(truncatingIfNeeded: group >> 2)) }
        return decoded
    }

    private static func sextet(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5a: UInt32(byte - 0x41)
        case 0x61...0x7a: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var place = bytes.startIndex
        while place < bytes.endIndex {
            let newline = bytes[place...].firstIndex(of: 0x0a)
            let next = newline.map { $0 + 1 } ?? bytes.endIndex
            let hasCR = newline.map { $0 > place && bytes[$0 - 1] == 0x0d } ?? false
            let content = bytes[place..<((newline ?? bytes.endIndex) - (hasCR ? 1 : 0))]
            // Blanks at the end were added on the way (rule 3); a last `=` says that the line goes on.
            let end = (content.lastIndex { $0 != 0x20 && $0 != 0x09 } ?? content.startIndex - 1) + 1
            let isSoft = end > content.startIndex && content[end - 1] == UInt8(ascii: "=")
            unescape(content[..<(isSoft ? end - 1 : end)], into: &decoded)
            if newline != nil, !isSoft { decoded.append(contentsOf: hasCR ? [0x0d, 0x0a] : [0x0a]) }
            place = next
        }
        return decoded
    }

    /// `=XX` as the byte that it stands for.
    ///
    /// - Parameter escape: What begins an escape.
    static func unescape(
        _ bytes: ArraySlice<UInt8>, escape: UInt8 = UInt8(ascii: "="), into decoded: inout [UInt8]
    ) {
        var place = bytes.startIndex
        while place < bytes.endIndex {
            if bytes[place] == escape, place + 2 < bytes.endIndex, let high = bytes[place + 1].hexDigitValue,
                let low = bytes[place + 2].hexDigitValue
            {
                decoded.append(high << 4 | low)
                place += 3
            } else {
                decoded.append(bytes[place])
                place += 1
            }
        }
    }
}
