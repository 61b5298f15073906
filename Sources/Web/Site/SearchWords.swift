/// The words of a search field, split at blanks that are not in quotes; the quotes are left out. Within quotes `\"` is a
/// quote and `\\` a backslash.
enum SearchWords {
    static func split(_ text: String) -> [[UInt8]] {
        var words: [[UInt8]] = [[]]
        var isQuoted = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case quote: isQuoted.toggle()
            case 0x20 where !isQuoted: words.append([])
            case backslash where isQuoted && (rest.first == quote || rest.first == backslash):
                words[words.count - 1].append(rest.removeFirst())
            default: words[words.count - 1].append(byte)
            }
        }
        return words.filter { !$0.isEmpty }
    }

    /// `text` in quotes, as a part of a word.
    static func quoted(_ text: String) -> String {
        var bytes = [quote]
        for byte in text.utf8 {
            if byte == quote || byte == backslash { bytes.append(backslash) }
            bytes.append(byte)
        }
        return String(decoding: bytes + [quote], as: UTF8.self)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
}
