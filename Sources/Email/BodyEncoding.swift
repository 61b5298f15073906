import BgdemoFoundations

/// How a text of any UTF-8 goes through servers that know seven bits and 998 characters a line (RFC 2045).
enum BodyEncoding: Sendable {
    case quotedPrintable
    case base64

    var name: String {
        switch self {
        case .quotedPrintable: "quoted-printable"
        case .base64: "base64"
        }
    }

    /// Quoted-printable stays readable in the raw source; past a sixth of foreign bytes base 64 is shorter.
    static func best(for text: String) -> BodyEncoding {
        let foreign = text.utf8.count { $0 >= 0x80 }
        return foreign * 6 > text.utf8.count ? .base64 : .quotedPrintable
    }

    /// Appends the text with its line ends in their canonical form, CRLF. A text without a last line end decodes to
    /// one without: what was sent is what is read.
    func encode(_ text: String, into bytes: inout [UInt8]) {
        let canonical = Self.canonical(text)
        switch self {
        case .quotedPrintable: encodeQuotedPrintable(canonical, into: &bytes)
        case .base64: encodeBase64(canonical, into: &bytes)
        }
    }

    /// CRLF, LF and CR alike end a line.
    private static func canonical(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + text.utf8.count / 16)
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 0x0a where previous == 0x0d: break
            case 0x0a, 0x0d: bytes.append(contentsOf: [0x0d, 0x0a])
            default: bytes.append(byte)
            }
            previous = byte
        }
        return bytes
    }

    /// Rows of 76 columns.
    private func encodeBase64(_ text: [UInt8], into bytes: inout [UInt8]) {
        for start in stride(from: 0, to: text.count, by: 57) {
            bytes.append(contentsOf: Base64.encode(text[start..<min(start + 57, text.count)]).utf8)
            bytes.append(contentsOf: [0x0d, 0x0a])
        }
    }

    /// At most 76 columns a row, the soft line break's `=` among them (RFC 2045, section 6.7).
    private func encodeQuotedPrintable(_ text: [UInt8], into bytes: inout [UInt8]) {
        var column = 0
        for (place, byte) in text.enumerated() {
            // No control but a line end's CR and LF comes here, always both.
            if byte == 0x0d || byte == 0x0a {
                bytes.append(byte)
                column = 0
                continue
            }
            let endsLine = place + 1 == text.count || text[place + 1] == 0x0d
            let isBlank = byte == 0x20 || byte == 0x09
            let isLiteral = (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=") || isBlank && !endsLine
            let width = isLiteral ? 1 : 3
            if column + width > 75 {
                bytes.append(contentsOf: [UInt8(ascii: "="), 0x0d, 0x0a])
                column = 0
            }
            if isLiteral {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: [UInt8(ascii: "="), hex(byte >> 4), hex(byte & 15)])
            }
            column += width
        }
        if column > 0 { bytes.append(contentsOf: [UInt8(ascii: "="), 0x0d, 0x0a]) }
    }

    private func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }
}
