import BgdemoFoundations

/// A mail's text with the addresses of pages in it as links, `http://` and `https://` ones only.
enum LinkedText {
    /// Links of one text; what comes after the last is shown as text.
    private static let mostLinks = 500

    /// The runs of the text, in order: `words`, or a `link` with its `url`.
    static func runs(_ text: String) -> [TemplateValues] {
        let bytes = Array(text.utf8)
        var runs: [TemplateValues] = []
        var (start, place, links) = (0, 0, 0)
        while links < mostLinks, let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")) {
            place = colon + 1
            guard let first = beginning(bytes[start..<colon]), bytes[place...].starts(with: "//".utf8) else { continue }
            let end = end(of: bytes[(place + 2)...])
            guard end > place + 2 else { continue }
            if first > start { runs.append(["words": .text(decoded(bytes[start..<first]))]) }
            runs.append(["link": .list([["url": .text(decoded(bytes[first..<end]))]])])
            (start, place, links) = (end, end, links + 1)
        }
        if start < bytes.count { runs.append(["words": .text(decoded(bytes[start...]))]) }
        return runs
    }

    /// Where `http` or `https` begins that `text` ends with, as a word of its own.
    private static func beginning(_ text: ArraySlice<UInt8>) -> Int? {
        for scheme in ["https", "http"]
        where text.suffix(scheme.utf8.count).map(\.asciiLowercased) == Array(scheme.utf8) {
            let first = text.endIndex - scheme.utf8.count
            let isWord = first == text.startIndex || !(text[first - 1].isASCIILetter || text[first - 1].isASCIIDigit)
            return isWord ? first : nil
        }
        return nil
    }

    /// Where an address ends: at what is not printable ASCII or closes it around, without the marks of the sentence.
    private static func end(of rest: ArraySlice<UInt8>) -> Int {
        let address = rest.prefix { $0 > 0x20 && $0 < 0x7f && !"<>\"".utf8.contains($0) }
        let marks = address.reversed().prefix { ".,;:!?'*_)]}".utf8.contains($0) }
        return address.endIndex - marks.count
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
