import BgdemoEmail
import BgdemoFoundations
import NIOCore
import BgdemoPipes

/// What the master and its children say to each other: one JSON object a line, of strings and whole numbers, its first
/// key its kind. The children read their standard input and write their standard output.
///
///     child  → master   {"ready":1}                                          I work; the version of this list
///     server → master   {"mail":"01…","to":"…","subject":"…","text":"…"}     somebody asked for this mail
///                       {"closed":1}                                         I accept no more: the next one may
///     master → worker   the same line, byte by byte                          send it
///     worker → master   {"sent":"01…"}                                       the mail server took it
///                       {"failed":"01…","outcome":"temporary","stage":"rcpt","code":450,"reason":"…"}
///     master → server   {"room":4096,"bytes":33554432}                       so many mails more may come; the first
///                                                                            time: it is your turn to accept
///                       {"taken":12}                                         the next 12 mails are in the spool
///                       {"refused":3,"reason":"…"}                           the next 3 are not, and forgotten
///                       {"metrics":"…"}                                      the master's numbers, for `/metrics`
///     child  → master   {"log":"…"}                                          a finished line for the terminal
///     master → child    {"ping":1}, answered by {"pong":1}
///                       {"stop":1}                                           finish what is in hand, and end
///
/// A mail belongs to the master from the moment its line is whole in the pipe until its fate was reported.
enum PipeMessage: Sendable, Equatable {
    case ready(version: Int)
    /// Kept as it came, so that it can be passed on without being read.
    case mail(MailLine)
    case sent(EmailID)
    case failed(EmailID, SendOutcome)
    case credit(Credit)
    case taken(Int)
    case refused(Int, String)
    case metrics(String)
    case log(String)
    case closed, ping, pong, stop

    static let version = 1
}

// MARK: - Writing

extension LineWriter {
    func post(_ message: PipeMessage) { post { message.write(into: &$0) } }
}

extension PipeMessage {
    func write(into buffer: inout ByteBuffer) {
        if case .mail(let mail) = self {
            buffer.writeImmutableBuffer(mail.bytes)
        } else {
            var json = JSONText()
            json.raw("{")
            write(into: &json)
            json.raw("}")
            buffer.writeString(json.text)
        }
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    private func write(into json: inout JSONText) {
        switch self {
        case .mail: break
        case .ready(let version): json.field("ready", version)
        case .sent(let id): json.field("sent", "\(id)")
        case .failed(let id, let outcome):
            json.field("failed", "\(id)")
            json.field("outcome", outcome.name)
            guard let failure = outcome.failure else { return }
            json.field("stage", failure.stage.rawValue)
            if let code = failure.code { json.field("code", code) }
            json.field("reason", failure.reason)
        case .credit(let room):
            json.field("room", room.mails)
            json.field("bytes", room.bytes)
        case .taken(let count): json.field("taken", count)
        case .refused(let count, let reason):
            json.field("refused", count)
            json.field("reason", reason)
        case .metrics(let text): json.field("metrics", text)
        case .log(let line): json.field("log", line)
        case .closed: json.field("closed", 1)
        case .ping: json.field("ping", 1)
        case .pong: json.field("pong", 1)
        case .stop: json.field("stop", 1)
        }
    }
}

// MARK: - Reading

extension PipeMessage {
    /// The message of a line, or nil where the line is none of this version.
    init?(_ line: ByteBuffer) {
        guard var fields = FlatJSON(line), let first = fields.next() else { return nil }
        // The mail comes first in number, and the master has no need to read the rest of it.
        if first.key == "mail" {
            guard let mail = MailLine(line, first: first) else { return nil }
            self = .mail(mail)
            return
        }
        var rest: [String: FlatJSON.Value] = [:]
        while let field = fields.next() { rest[field.key] = field.value }
        guard fields.isComplete, let message = Self(first.key, first.value, rest) else { return nil }
        self = message
    }

    private init?(_ kind: String, _ value: FlatJSON.Value, _ rest: [String: FlatJSON.Value]) {
        switch (kind, value) {
        case ("ready", .number(let version)): self = .ready(version: version)
        case ("sent", _):
            guard let id = value.id else { return nil }
            self = .sent(id)
        case ("failed", _):
            guard let id = value.id, let outcome = SendOutcome(rest) else { return nil }
            self = .failed(id, outcome)
        case ("room", .number(let mails)):
            guard case .number(let bytes)? = rest["bytes"], mails >= 0, bytes >= 0 else { return nil }
            self = .credit(Credit(mails: mails, bytes: bytes))
        case ("taken", .number(let count)) where count > 0: self = .taken(count)
        case ("refused", .number(let count)) where count > 0: self = .refused(count, rest["reason"]?.text ?? "")
        case ("metrics", .text(let text)): self = .metrics(text)
        case ("log", .text(let line)): self = .log(line)
        case ("closed", .number): self = .closed
        case ("ping", .number): self = .ping
        case ("pong", .number): self = .pong
        case ("stop", .number): self = .stop
        default: return nil
        }
    }
}

extension SendOutcome {
    fileprivate init?(_ fields: [String: FlatJSON.Value]) {
        guard let stage = fields["stage"]?.text.flatMap(SMTPFailure.Stage.init), let reason = fields["reason"]?.text
        else { return nil }
        let failure = SMTPFailure(stage, code: fields["code"]?.number, reason)
        switch fields["outcome"]?.text {
        case "temporary": self = .temporary(failure)
        case "permanent": self = .permanent(failure)
        case "unknown": self = .unknown(failure)
        default: return nil
        }
    }
}
