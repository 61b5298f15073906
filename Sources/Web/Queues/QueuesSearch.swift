import BgdemoFoundations

/// Words, each of which has to be in the entry: `class:`, `queue:`, `error:`, `arg:` and `worker:` look in one place.
/// `before:2026-11-23` and `before:"2026-11-23 15:00"` take those that failed earlier, in UTC; `is:retried` those that were
/// retried and kept, as Ruby does.
struct FailedSearch: Sendable {
    private let terms: [(field: String, word: ByteString)]

    private static let fields = ["class:", "queue:", "error:", "arg:", "worker:", "before:", "is:"]

    init(_ text: String) {
        terms = SearchWords.split(text).prefix(8).compactMap { word in
            let word = ByteString(word).asciiLowercased()
            for field in Self.fields where word.hasPrefix(ByteString(field)) {
                let rest = ByteString(word.dropFirst(field.utf8.count))
                return rest.isEmpty ? nil : (field, rest)
            }
            return word.isEmpty ? nil : ("", word)
        }
    }

    func matches(_ entry: FailedSummary) -> Bool {
        terms.allSatisfy { field, word in
            if field == "before:" {
                return entry.date.map { ByteString(Timestamp($0).iso8601) < Self.moment(word) } ?? false
            }
            if field == "is:" { return entry.retriedAt != nil && word == ByteString("retried") }
            let texts =
                switch field {
                case "class:": [entry.className]
                case "queue:": [entry.queue]
                case "error:": [entry.exception, entry.error]
                case "arg:": [entry.arguments]
                case "worker:": [entry.worker]
                default: [entry.className, entry.queue, entry.exception, entry.error, entry.arguments, entry.worker]
                }
            return texts.contains { ByteString($0).asciiLowercased().contains(word) }
        }
    }

    /// `2026-11-23 15:00` and `2026/11/23` as ISO 8601 has them.
    private static func moment(_ word: ByteString) -> ByteString {
        ByteString(
            word.map { byte in
                switch byte {
                case UInt8(ascii: "/"): UInt8(ascii: "-")
                case 0x20, UInt8(ascii: "t"): UInt8(ascii: "T")
                case UInt8(ascii: "z"): UInt8(ascii: "Z")
                default: byte
                }
            })
    }
}
