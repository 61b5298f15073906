import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The search of a list: words in the parameter `q`, each of which has to be in the entry. `class:`, `queue:`, `error:`,
/// `arg:` and `worker:` look in one place. `before:2026-11-23` and `before:"2026-11-23 15:00"` take those with an earlier
/// time, in UTC; `is:retried` those that were retried and kept, as Ruby does.
struct QueuesSearch: Sendable {
    /// What the words look at. An entry has of these what its list shows.
    struct Entry {
        var className = ""
        var queue = ""
        var errors: [String] = []
        var arguments = ""
        /// Workers, or other names.
        var names: [String] = []
        /// When it failed, began or is due.
        var date: Date?
        var isRetried = false
    }

    /// The entries of a list that are looked at, where it may be long.
    static let looked = 1_000

    private let terms: [(field: String, word: ByteString)]
    private let text: String

    private static let fields = ["class:", "queue:", "error:", "arg:", "worker:", "before:", "is:"]

    init(_ query: PageFields) {
        text = PageText.cut(query["q"] ?? "", 400)
        terms = SearchWords.split(text).prefix(8).compactMap { word in
            let word = ByteString(word).asciiLowercased()
            for field in Self.fields where word.hasPrefix(ByteString(field)) {
                let rest = ByteString(word.dropFirst(field.utf8.count))
                return rest.isEmpty ? nil : (field, rest)
            }
            return word.isEmpty ? nil : ("", word)
        }
    }

    /// Whether all entries match.
    var isEmpty: Bool { terms.isEmpty }

    func matches(_ entry: Entry) -> Bool {
        terms.allSatisfy { field, word in
            if field == "before:" {
                return entry.date.map { ByteString(Timestamp($0).iso8601) < Self.moment(word) } ?? false
            }
            if field == "is:" { return entry.isRetried && word == ByteString("retried") }
            let texts =
                switch field {
                case "class:": [entry.className]
                case "queue:": [entry.queue]
                case "error:": entry.errors
                case "arg:": [entry.arguments]
                case "worker:": entry.names
                default: [entry.className, entry.queue, entry.arguments] + entry.errors + entry.names
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

    // MARK: On the page

    /// The field, and the words in it.
    ///
    /// - Parameters:
    ///   - path: Of the list.
    ///   - example: Words that mean something in this list.
    func values(_ path: String, _ example: String) -> TemplateValues {
        let values: TemplateValues = ["search": .text(text), "path": .text(path), "example": .text(example)]
        return [
            "search": .text(text), "path": .words(path),
            "searchForm": .html(Templates.render("queues-search", values)),
        ]
    }

    /// The path of the list with these words, to which a parameter can be added.
    func link(_ path: String) -> String { "\(path)?" + (text.isEmpty ? "" : "q=\(PageFields.encode(text))&") }
}
