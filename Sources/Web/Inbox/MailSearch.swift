import BgdemoFoundations
import BgdemoSMTPInbox

/// What somebody looks for in the inbox: words, each of which has to be in the mail. `to:bob`, `from:ann` and
/// `subject:"two words"` look in one place, `is:unread` at the mark, any other word in addresses, subject and text. The
/// case of ASCII letters does not matter.
struct MailSearch: Sendable {
    enum Place: Sendable, Hashable { case to, from, subject, anywhere, unread }

    struct Term: Sendable, Hashable {
        let place: Place
        let word: ByteString
    }

    let terms: [Term]

    /// Terms, and bytes of one, that are looked for.
    private static let mostTerms = 8
    private static let longestTerm = 200
    /// Encoded bytes of a text that are looked at.
    private static let textBytes = 64 << 10

    init(_ text: String) {
        terms = SearchWords.split(text).prefix(Self.mostTerms).compactMap(Self.term)
    }

    /// - Parameters:
    ///   - to, subject: Each has to be in its place; nil for any.
    init(to: String?, subject: String?) {
        terms =
            [(Place.to, to), (.subject, subject)].compactMap { place, word in
                word.map { Term(place: place, word: ByteString($0).asciiLowercased()) }
            }
    }

    func matches(_ mail: CaughtMail, isRead: Bool) -> Bool {
        terms.allSatisfy { term in
            switch term.place {
            case .to: Self.has(term.word, mail.recipients + [mail.header("To", limit: 1_000)])
            case .from: Self.has(term.word, [mail.sender, mail.header("From", limit: 1_000)])
            case .subject: Self.has(term.word, [mail.header("Subject", limit: 1_000)])
            case .unread: !isRead
            case .anywhere:
                Self.has(
                    term.word,
                    mail.recipients + [
                        mail.sender, mail.header("From", limit: 1_000), mail.header("Subject", limit: 1_000),
                    ]) || Self.has(term.word, [mail.text(limit: Self.textBytes).text])
            }
        }
    }

    private static func has(_ word: ByteString, _ texts: [String]) -> Bool {
        texts.contains { ByteString($0).asciiLowercased().contains(word) }
    }

    private static func term(_ word: [UInt8]) -> Term? {
        let word = ByteString(word.prefix(longestTerm)).asciiLowercased()
        if word == "is:unread" { return Term(place: .unread, word: word) }
        for (prefix, place) in [("to:", Place.to), ("from:", .from), ("subject:", .subject)]
        where word.hasPrefix(ByteString(prefix)) {
            let rest = ByteString(word.dropFirst(prefix.utf8.count))
            return rest.isEmpty ? nil : Term(place: place, word: rest)
        }
        return word.isEmpty ? nil : Term(place: .anywhere, word: word)
    }
}
