import NIOCore

/// One command line, taken apart but not yet understood (RFC 5321, section 4.1.1).
struct SMTPCommand {
    enum Verb: String, CaseIterable {
        case rcpt = "RCPT"
        case mail = "MAIL"
        case data = "DATA"
        case rset = "RSET"
        case ehlo = "EHLO"
        case helo = "HELO"
        case quit = "QUIT"
        case noop = "NOOP"
        case auth = "AUTH"
        case startTLS = "STARTTLS"
        case vrfy = "VRFY"
        case help = "HELP"
        case expn = "EXPN"
        case etrn = "ETRN"
        case bdat = "BDAT"
        case turn = "TURN"
    }

    /// Nil for a word that is no command.
    let verb: Verb?
    /// What follows the verb and one blank.
    let argument: ByteBufferView

    init(_ line: ByteBufferView) {
        let end = line.firstIndex(of: 0x20) ?? line.endIndex
        let word = line[line.startIndex..<end]
        verb =
            Self.verbs.first { $0.letters.count == word.count && zip(word, $0.letters).allSatisfy { $0 & 0xdf == $1 } }?
            .verb
        argument = end < line.endIndex ? line[(end + 1)...] : line[end...]
    }

    private static let verbs = Verb.allCases.map { (verb: $0, letters: Array($0.rawValue.utf8)) }

    /// The longest line with its CR LF: RFC 5321, section 4.5.3.1.4, and what SIZE, 8BITMIME, SMTPUTF8 and AUTH add.
    var limit: Int {
        switch verb {
        case .mail: 512 + 26 + 17 + 10 + 500
        case .auth: Self.longest
        default: 512
        }
    }

    /// RFC 4954, section 4: what an answer to an AUTH challenge may have.
    static let longest = 12_288
}

/// `FROM:<path> PARAMETERS` or `TO:<path> PARAMETERS`.
struct PathArgument {
    /// What stands between the angle brackets, without a source route (RFC 5321, appendix C). Valid UTF-8.
    let path: String
    private let rest: ByteBufferView

    /// Nil where it is not of this form.
    init?(_ argument: ByteBufferView, after keyword: String) {
        let letters = keyword.utf8
        guard argument.count > letters.count else { return nil }
        // A blank before the bracket is no part of RFC 5321; other servers take it too.
        let begin = argument[(argument.startIndex + letters.count)...].firstIndex { $0 != 0x20 } ?? argument.endIndex
        for (byte, letter) in zip(argument, letters) where byte != letter {
            guard byte & 0xdf == letter, letter != UInt8(ascii: ":") else { return nil }
        }
        guard begin < argument.endIndex, argument[begin] == UInt8(ascii: "<"),
            let end = Self.end(argument[(begin + 1)...])
        else { return nil }
        rest = argument[(end + 1)...]
        guard rest.isEmpty || rest.first == 0x20 else { return nil }
        var path = argument[(begin + 1)..<end]
        if path.first == UInt8(ascii: "@") {
            guard let colon = path.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            path = path[(colon + 1)...]
        }
        guard let text = String(validating: path, as: UTF8.self) else { return nil }
        self.path = text
    }

    /// The `>` that is not in quotes.
    private static func end(_ bytes: ByteBufferView) -> Int? {
        var isQuoted = false
        var isEscaped = false
        for index in bytes.indices {
            switch bytes[index] {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ">") where !isQuoted: return index
            default: continue
            }
        }
        return nil
    }

    var hasParameters: Bool { !rest.isEmpty }

    /// `NAME` or `NAME=VALUE`, names in upper case.
    var parameters: [(name: String, value: String?)] {
        String(decoding: rest, as: UTF8.self).split(separator: " ").map { word in
            let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (halves[0].uppercased(), halves.count == 2 ? String(halves[1]) : nil)
        }
    }
}
