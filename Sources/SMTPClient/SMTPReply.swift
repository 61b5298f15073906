import BgdemoEmail
import BgdemoFoundations

/// One reply of an SMTP server (RFC 5321, section 4.2), of one line or several.
struct SMTPReply: Sendable, Hashable {
    /// 200 to 599.
    let code: Int
    /// The lines without their codes and line ends, as valid text without a control character.
    let lines: [String]
    /// The whole in one line, `550 5.1.1 No such user`, at most ``longestText`` characters of it.
    let text: String

    /// Servers that talk more than this are cut.
    static let longestText = 1000

    init(code: Int, lines: [String]) {
        self.code = code
        self.lines = lines
        let whole = lines.count == 1 ? "\(code) \(lines[0])" : "\(code) \(lines.joined(separator: " "))"
        text =
            whole.utf8.count <= Self.longestText
            ? whole : String(String.UnicodeScalarView(whole.unicodeScalars.prefix(Self.longestText)))
    }

    var isPositive: Bool { code / 100 == 2 }
    var isRefusal: Bool { code >= 400 }

    /// A refusal at `stage` as what became of the mail. What concerns the session may pass, whatever its code; of what
    /// concerns the mail 4xx may pass, and 5xx will not.
    func refusal(at stage: SMTPFailure.Stage) -> SendOutcome {
        let failure = SMTPFailure(stage, code: code, text)
        return code < 500 || failure.concernsSession ? .temporary(failure) : .permanent(failure)
    }
}

/// Finds replies in a server's bytes, however they arrive. What is no reply is an error: after it nobody knows which
/// reply belongs to which command.
struct SMTPReplyParser {
    /// What has arrived and is not yet part of a reply that was handed out.
    var bytes: [UInt8] = []
    private var lines: [String] = []
    private var size = 0
    /// How far ``bytes`` have no line end.
    private var searched = 0

    /// Longer replies than this are an attack, or not SMTP. In bytes.
    static let limit = 65_536
    /// How many bytes of what is no reply are shown.
    static let shown = 100

    struct Violation: Error {
        let description: String

        fileprivate init(description: String) { self.description = description }

        /// These bytes are no SMTP reply.
        init(_ bytes: some Collection<UInt8>) {
            let line = bytes.prefix { $0 != 0x0a && $0 != 0x0d }.prefix(SMTPReplyParser.shown)
            description = "the server said what is no SMTP reply: \(printable(line))"
        }
    }

    /// Whether nothing is left over: neither bytes nor a reply begun.
    var isAtRest: Bool { bytes.isEmpty && lines.isEmpty }

    /// Whether a reply can begin with `bytes`: three digits, the first 2 to 5, and a blank, a dash or a line end.
    static func canBegin(with bytes: some Sequence<UInt8>) -> Bool {
        zip(bytes, 0...3).allSatisfy { byte, place in
            switch place {
            case 0: (0x32...0x35).contains(byte)
            case 1, 2: (0x30...0x39).contains(byte)
            default: [0x20, 0x2d, 0x0d, 0x0a].contains(byte)
            }
        }
    }

    /// The next whole reply, or nil where more bytes are needed.
    mutating func next() throws(Violation) -> SMTPReply? {
        var start = 0
        defer { bytes.removeSubrange(..<start) }
        while let end = bytes[(start + searched)...].firstIndex(of: 0x0a) {
            searched = 0
            var line = bytes[start..<end]
            if line.last == 0x0d { line.removeLast() }
            let reply = try parse(line)
            size += line.count
            start = end + 1
            if let reply {
                size = 0
                return reply
            }
            guard size <= Self.limit else { throw tooLong }
        }
        searched = bytes.count - start
        guard searched <= Self.limit else { throw tooLong }
        return nil
    }

    private var tooLong: Violation { Violation(description: "the server's reply is longer than \(Self.limit) bytes") }

    /// Takes one line in; returns the reply that it ends.
    private mutating func parse(_ line: ArraySlice<UInt8>) throws(Violation) -> SMTPReply? {
        let digits = line.prefix(3)
        let mark = line.dropFirst(3).first
        guard digits.count == 3, Self.canBegin(with: line.prefix(4)), mark != 0x0d, mark != 0x0a else {
            throw Violation(line)
        }
        lines.append(Self.readable(line.dropFirst(4)))
        guard mark != 0x2d else { return nil }
        defer { lines = [] }
        return SMTPReply(code: digits.reduce(0) { $0 * 10 + Int($1 & 15) }, lines: lines)
    }

    /// A server's words go into logs and JSON: valid UTF-8, each unprintable character a blank.
    private static func readable(_ bytes: some Collection<UInt8>) -> String {
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return String(decoding: bytes, as: UTF8.self) }
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            text.append(scalar.isUnprintable ? " " : scalar)
        }
        return String(text)
    }
}
