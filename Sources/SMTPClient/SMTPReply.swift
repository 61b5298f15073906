import BgdemoEmail

/// One reply of an SMTP server (RFC 5321, section 4.2), of one line or several.
struct SMTPReply: Sendable, Hashable {
    /// 200 to 599.
    let code: Int
    /// The lines without their codes and line ends, as valid text without a control character.
    let lines: [String]

    /// The whole in one line, `550 5.1.1 No such user`, cut where a server talks too much.
    var text: String { String("\(code) \(lines.joined(separator: " "))".prefix(1000)) }

    var isPositive: Bool { code / 100 == 2 }
    var isRefusal: Bool { code >= 400 }

    /// A refusal at `stage` as what became of the mail: 4xx may pass, 5xx will not.
    func refusal(at stage: SMTPFailure.Stage) -> SendOutcome {
        let failure = SMTPFailure(stage, code: code, text)
        return code < 500 ? .temporary(failure) : .permanent(failure)
    }
}

/// Finds replies in a server's bytes, however they arrive. What is no reply is an error: after it nobody knows which
/// reply belongs to which command.
struct SMTPReplyParser {
    /// What has arrived and is not yet part of a reply that was handed out.
    var bytes: [UInt8] = []
    private var lines: [String] = []
    private var size = 0

    /// Longer replies than this are an attack, or not SMTP.
    static let limit = 65_536

    struct Violation: Error {
        let description: String
    }

    /// Whether nothing is left over: neither bytes nor a reply begun.
    var isAtRest: Bool { bytes.isEmpty && lines.isEmpty }

    /// The next whole reply, or nil where more bytes are needed.
    mutating func next() throws(Violation) -> SMTPReply? {
        while let end = bytes.firstIndex(of: 0x0a) {
            var line = bytes[..<end]
            if line.last == 0x0d { line.removeLast() }
            let reply = try parse(line)
            size += line.count
            bytes.removeFirst(end + 1)
            if let reply { return reply }
            guard size <= Self.limit else { throw tooLong }
        }
        guard bytes.count <= Self.limit else { throw tooLong }
        return nil
    }

    private var tooLong: Violation { Violation(description: "the server's reply is longer than \(Self.limit) bytes") }

    /// Takes one line in; returns the reply that it ends.
    private mutating func parse(_ line: ArraySlice<UInt8>) throws(Violation) -> SMTPReply? {
        let digits = line.prefix(3)
        let mark = line.dropFirst(3).first
        guard digits.count == 3, let first = digits.first, (0x32...0x35).contains(first),
            digits.allSatisfy({ (0x30...0x39).contains($0) }), mark == nil || mark == 0x20 || mark == 0x2d
        else {
            throw Violation(description: "the server said what is no SMTP reply: \(Self.readable(line.prefix(100)))")
        }
        lines.append(Self.readable(line.dropFirst(4)))
        guard mark != 0x2d else { return nil }
        defer { (lines, size) = ([], 0) }
        return SMTPReply(code: digits.reduce(0) { $0 * 10 + Int($1 & 15) }, lines: lines)
    }

    /// A server's words go into logs and JSON: valid UTF-8, and no control character in them.
    private static func readable(_ bytes: some Collection<UInt8>) -> String {
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return String(decoding: bytes, as: UTF8.self) }
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            text.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(text)
    }
}
