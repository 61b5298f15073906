import BgdemoEmail

/// One mail's part of the session (RFC 5321, section 3.3), from MAIL to the reply to the final dot: what is said, and
/// what the server's replies mean. It touches no socket.
///
///     C: MAIL FROM:<a@b> SIZE=520      S: 250
///     C: RCPT TO:<c@d>                 S: 250
///     C: DATA                          S: 354
///     C: …the text… CRLF . CRLF        S: 250
///
/// Where the server offers PIPELINING (RFC 2920) the three commands go out together.
struct MailTransaction {
    /// What to do after a reply.
    enum Step {
        case wait
        case send([UInt8])
        /// It is over. `keep` says whether the connection can carry another mail, `reset` whether it needs RSET before.
        case end(SendOutcome, keep: Bool, reset: Bool)
    }

    private let commands: [(stage: SMTPFailure.Stage, line: String)]
    private let text: [UInt8]
    private let isPipelined: Bool
    private var awaited: ArraySlice<SMTPFailure.Stage>
    /// What the server refused, while the replies to what went out with it are still due.
    private(set) var refusal: SendOutcome?

    /// - Throws: The permanent failure of a mail that this server can't carry.
    init(_ message: MIMEMessage, from: Address, to: Address, capabilities: SMTPCapabilities) throws(SMTPFailure) {
        var parameters = ""
        if let limit = capabilities.maximumSize, message.bytes.count > limit {
            throw SMTPFailure(.mail, "the message has \(message.bytes.count) bytes, the server takes \(limit)")
        }
        if capabilities.has("SIZE") { parameters += " SIZE=\(message.bytes.count)" }
        if from.needsSMTPUTF8 || to.needsSMTPUTF8 {
            guard capabilities.has("SMTPUTF8") else {
                throw SMTPFailure(.mail, "the address has letters beyond ASCII, and the server does not offer SMTPUTF8")
            }
            parameters += " BODY=8BITMIME SMTPUTF8"
        }
        commands = [
            (.mail, "MAIL FROM:<\(from.mailbox)>\(parameters)\r\n"), (.rcpt, "RCPT TO:<\(to.mailbox)>\r\n"),
            (.data, "DATA\r\n"),
        ]
        text = Self.stuffed(message.bytes)
        isPipelined = capabilities.has("PIPELINING")
        awaited = commands.map(\.stage)[...]
    }

    /// The stage whose reply comes next.
    var stage: SMTPFailure.Stage { awaited.first ?? .dot }

    /// The first command, or all three.
    var opening: [UInt8] { isPipelined ? commands.flatMap { Array($0.line.utf8) } : Array(commands[0].line.utf8) }

    mutating func receive(_ reply: SMTPReply) -> Step {
        guard let stage = awaited.popFirst() else { return violation(reply, at: .dot) }
        if reply.code == 421 { return .end(refusal ?? reply.refusal(at: stage), keep: false, reset: false) }
        switch stage {
        case .dot where reply.isPositive:
            return .end(.sent(reply: reply.text), keep: true, reset: false)
        case .dot where reply.isRefusal:
            return .end(reply.refusal(at: .dot), keep: true, reset: false)
        case .data where reply.code == 354 && refusal == nil:
            awaited = [.dot]
            return .send(text)
        case .mail where reply.isPositive, .rcpt where reply.isPositive:
            return next()
        case _ where reply.isRefusal:
            refusal = refusal ?? reply.refusal(at: stage)
            return next()
        default:
            return violation(reply, at: stage)
        }
    }

    private mutating func next() -> Step {
        if isPipelined, !awaited.isEmpty { return .wait }
        if let refusal { return .end(refusal, keep: true, reset: true) }
        guard let command = commands.first(where: { $0.stage == awaited.first }) else { return .wait }
        return .send(Array(command.line.utf8))
    }

    /// A reply that no command can have. After it the connection is of no use. Before the dot the mail was not sent, after
    /// it nobody knows. (A 354 after a refusal is one: the server waits for a text that it must not get.)
    private func violation(_ reply: SMTPReply, at stage: SMTPFailure.Stage) -> Step {
        let failure = SMTPFailure(stage, code: reply.code, "an unexpected reply: \(reply.text)")
        return .end(refusal ?? (stage == .dot ? .unknown(failure) : .temporary(failure)), keep: false, reset: false)
    }

    /// A dot before each line that begins with one, and the final dot (RFC 5321, section 4.5.2). The message's lines
    /// end with CRLF, the last one too, and it has no other CR or LF.
    static func stuffed(_ message: [UInt8]) -> [UInt8] {
        let dot = UInt8(ascii: ".")
        var wire: [UInt8] = []
        wire.reserveCapacity(message.count + 64)
        var rest = message[...]
        while let end = rest.firstIndex(of: 0x0a) {
            if rest.first == dot { wire.append(dot) }
            wire.append(contentsOf: rest[...end])
            rest = rest[(end + 1)...]
        }
        wire.append(contentsOf: [dot, 0x0d, 0x0a])
        return wire
    }
}
