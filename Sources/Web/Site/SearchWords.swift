/// The words of a search field, split at blanks that are not in quotes; the quotes are left out.
enum SearchWords {
    static func split(_ text: String) -> [[UInt8]] {
        var words: [[UInt8]] = [[]]
        var isQuoted = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case 0x20 where !isQuoted: words.append([])
            default: words[words.count - 1].append(byte)
            }
        }
        return words.filter { !$0.isEmpty }
    }
}
