/// Header text with RFC 2047's encoded words, `=?charset?B?…?=` and `=?charset?Q?…?=`, decoded. What only looks like one
/// stays as it is. Words that are longer than the RFC allows, or have blanks in them, are decoded too: programs send them.
enum EncodedWordDecoder {
    private struct Word {
        let charset: [UInt8]
        var bytes: [UInt8]
    }

    /// Bytes of a charset's name with its language.
    private static let longestCharset = 64

    static func decode(_ value: [UInt8]) -> String {
        let decoder = CharsetDecoder()
        var text = ""
        var plainStart = value.startIndex
        var open: Word?
        var place = value.startIndex
        func close(_ plain: ArraySlice<UInt8>) {
            if let word = open { text += decoder.decode(word.bytes, word.charset) }
            open = nil
            text += String(decoding: plain, as: UTF8.self)
        }
        while let begin = value[place...].firstIndex(of: UInt8(ascii: "=")) {
            guard let (word, end) = word(value[begin...]) else {
                place = begin + 1
                continue
            }
            let plain = value[plainStart..<begin]
            // Blanks between two words are no part of the text, and one character may be in both (section 6.2).
            let isNext = open != nil && plain.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            if !isNext { close(plain) }
            if open?.charset == word.charset {
                open?.bytes.append(contentsOf: word.bytes)
            } else {
                close([])
                open = word
            }
            (place, plainStart) = (end, end)
        }
        close(value[plainStart...])
        return text
    }

    /// The word that begins here, and where it ends.
    private static func word(_ bytes: ArraySlice<UInt8>) -> (Word, end: Int)? {
        let question = UInt8(ascii: "?")
        guard bytes.starts(with: "=?".utf8) else { return nil }
        let start = bytes.dropFirst(2)
        guard let charsetEnd = start.prefix(longestCharset).firstIndex(of: question), charsetEnd + 2 < bytes.endIndex,
            bytes[charsetEnd + 2] == question,
            // The next question mark is near: one that is further away belongs to a later word, if there is one.
            let textEnd = bytes[(charsetEnd + 3)...].firstIndex(of: question), textEnd + 1 < bytes.endIndex,
            bytes[textEnd + 1] == UInt8(ascii: "=")
        else { return nil }
        let encoded = bytes[(charsetEnd + 3)..<textEnd]
        // A language may follow the charset after `*` (RFC 2231, section 5).
        let charset = start[..<charsetEnd].prefix { $0 != UInt8(ascii: "*") }.map {
            (0x41...0x5a).contains($0) ? $0 | 0x20 : $0
        }
        let decoded: [UInt8]
        switch bytes[charsetEnd + 1] | 0x20 {
        case UInt8(ascii: "b"):
            decoded = TransferEncoding.base64(encoded)
        case UInt8(ascii: "q"):
            var bytes: [UInt8] = []
            let spaced = encoded.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
            TransferEncoding.unescape(spaced[...], into: &bytes)
            decoded = bytes
        default:
            return nil
        }
        return (Word(charset: charset, bytes: decoded), textEnd + 2)
    }
}
