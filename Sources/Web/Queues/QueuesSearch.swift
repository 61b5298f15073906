import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The search of a list: words in the parameter `q`, each of which has to be in the entry. `class:`, `queue:`, `error:`,
/// `arg:` and `worker:` look in one place; with `=` instead of the colon it is all that is there, letter by letter.
/// `before:2026-11-23` and `before:"2026-11-23 15:00"` take those with an earlier time, in UTC; `is:retried` those that were
/// retried and kept, as Ruby does. Where a word is not understood nothing is found: what is found may be removed.
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

    private enum Field: String, CaseIterable { case className = "class", queue, error, arg, worker, any }

    private enum Term {
        /// In lower case.
        case contains(ByteString, Field)
        case equals(ByteString, Field)
        /// ISO 8601, or the start of it.
        case before(ByteString)
        case isRetried
    }

    /// The entries of a list that are looked at, where it may be long.
    static let looked = 1_000

    private let terms: [Term]
    private let text: String
    /// What is not understood, and what would be.
    private let problem: String?

    private static let mostTerms = 8
    private static let longestText = 400

    init(_ query: PageFields) {
        let given = query["q"] ?? ""
        text = PageText.cut(given, Self.longestText)
        let words = SearchWords.split(text).map { ByteString($0) }
        do throws(Misunderstood) {
            guard text.hasSameBytes(as: given) else {
                throw Misunderstood("it has more than \(Self.longestText) characters")
            }
            guard words.count <= Self.mostTerms else { throw Misunderstood("it has more than \(Self.mostTerms) words") }
            var terms: [Term] = []
            for word in words { terms.append(try Self.term(word)) }
            (self.terms, problem) = (terms, nil)
        } catch {
            (terms, problem) = ([], error.reason)
        }
    }

    private struct Misunderstood: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func term(_ word: ByteString) throws(Misunderstood) -> Term {
        let lower = word.asciiLowercased()
        for field in Field.allCases where field != .any {
            let name = field.rawValue
            // An entry may have an empty class or error, but every one contains it.
            if lower.hasPrefix(ByteString("\(name)=")) {
                return .equals(ByteString(word.dropFirst(name.utf8.count + 1)), field)
            }
            if lower.hasPrefix(ByteString("\(name):")) {
                let rest = ByteString(lower.dropFirst(name.utf8.count + 1))
                guard !rest.isEmpty else { throw Misunderstood("\(name): has no word after it") }
                return .contains(rest, field)
            }
        }
        if lower.hasPrefix("before:") {
            guard let moment = moment(lower.dropFirst(7)) else {
                throw Misunderstood("before: is followed by a date such as 2026-11-23, or \"2026-11-23 15:00\"")
            }
            return .before(moment)
        }
        if lower.hasPrefix("is:") {
            guard lower == "is:retried" else { throw Misunderstood("is: is followed by retried") }
            return .isRetried
        }
        return .contains(lower, .any)
    }

    /// Whether all entries match.
    var isEmpty: Bool { terms.isEmpty && problem == nil }

    func matches(_ entry: Entry) -> Bool {
        problem == nil
            && terms.allSatisfy { term in
                switch term {
                case .contains(let word, let field):
                    Self.texts(entry, field).contains { ByteString($0).asciiLowercased().contains(word) }
                case .equals(let word, let field): Self.texts(entry, field).contains { ByteString($0) == word }
                case .before(let moment): entry.date.map { ByteString(Timestamp($0).iso8601) < moment } ?? false
                case .isRetried: entry.isRetried
                }
            }
    }

    private static func texts(_ entry: Entry, _ field: Field) -> [String] {
        switch field {
        case .className: [entry.className]
        case .queue: [entry.queue]
        case .error: entry.errors
        case .arg: [entry.arguments]
        case .worker: entry.names
        case .any: [entry.className, entry.queue, entry.arguments] + entry.errors + entry.names
        }
    }

    /// `2026-11-23 15:00` and `2026/11/23` as ISO 8601 has them, or nil where it is no such time. Parts may be missing at the
    /// end.
    private static func moment(_ word: some BidirectionalCollection<UInt8>) -> ByteString? {
        let pattern = Array("dddd-dd-ddTdd:dd:dd".utf8)
        var moment: [UInt8] = []
        var rest = word.last == UInt8(ascii: "z") ? Array(word.dropLast()) : Array(word)
        // A fraction of a second is more than anybody searches for.
        if let point = rest.firstIndex(of: UInt8(ascii: ".")), point == pattern.count { rest.removeSubrange(point...) }
        guard rest.count >= 4, rest.count <= pattern.count else { return nil }
        for (byte, expected) in zip(rest, pattern) {
            switch (expected, byte) {
            case (UInt8(ascii: "d"), _) where byte.isASCIIDigit: moment.append(byte)
            case (UInt8(ascii: "-"), UInt8(ascii: "/")), (UInt8(ascii: "T"), 0x20),
                (UInt8(ascii: "T"), UInt8(ascii: "t")):
                moment.append(expected)
            case (_, expected) where expected != UInt8(ascii: "d"): moment.append(byte)
            default: return nil
            }
        }
        let numbers = moment.split { !$0.isASCIIDigit }.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        let limits = [0...9999, 1...12, 1...31, 0...24, 0...59, 0...60]
        guard zip(numbers, limits).allSatisfy({ $1.contains($0) }), moment.last?.isASCIIDigit == true else {
            return nil
        }
        return ByteString(moment)
    }

    // MARK: On the page

    /// The field, and the words in it.
    ///
    /// - Parameters:
    ///   - path: Of the list.
    ///   - example: Words that mean something in this list.
    func values(_ path: String, _ example: String) -> TemplateValues {
        let values: TemplateValues = [
            "search": .text(text), "path": .text(path), "example": .text(example), "problem": .text(problem),
        ]
        return [
            "search": .text(text), "path": .words(path),
            "searchForm": .html(Templates.render("queues-search", values)),
        ]
    }

    /// The path of the list with these words, to which a parameter can be added.
    func link(_ path: String) -> String { "\(path)?" + (text.isEmpty ? "" : "q=\(PageFields.encode(text))&") }
}
