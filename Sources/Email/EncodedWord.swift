import BgdemoFoundations

/// Header text by RFC 2047: as it is where it is plain ASCII that nothing changes, else in encoded words.
enum EncodedWord {
    /// The value for the header `name`, folded at 76 columns.
    static func header(_ name: String, _ text: String) -> String {
        isPlain(text, width: 76 - name.utf8.count - 2) ? text : encode(text)
    }

    private static func isPlain(_ text: String, width: Int) -> Bool {
        text.utf8.count <= width && text.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && !text.contains("=?")
            && text.utf8.first != 0x20 && text.utf8.last != 0x20
    }

    /// Words of `=?utf-8?B?…?=`, at most 75 characters each (RFC 2047, section 2), split between characters.
    private static func encode(_ text: String) -> String {
        // 12 of 75 are `=?utf-8?B?` and `?=`; 63 of base 64 hold 45 bytes in whole groups of four.
        var words: [String] = []
        var chunk: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // The first word shares its line with `Subject: `.
            if chunk.count + bytes.count > (words.isEmpty ? 36 : 45) {
                words.append("=?utf-8?B?\(Base64.encode(chunk))?=")
                chunk.removeAll(keepingCapacity: true)
            }
            chunk.append(contentsOf: bytes)
        }
        words.append("=?utf-8?B?\(Base64.encode(chunk))?=")
        return words.joined(separator: "\r\n ")
    }
}
