package import BgdemoCore
package import BgdemoEmail
import BgdemoFoundations
package import NIOCore

/// What the master and its children say to each other: one JSON object a line, of strings and whole numbers, its first
/// key its kind. The children read their standard input and write their standard output.
///
///     child  → master   {"ready":1}                                          I work; the version of this list
///     server → master   {"mail":"01…","to":"…","subject":"…","text":"…"}     somebody asked for this mail
///                       {"closed":1}                                         I accept no more: the next one may
///                       {"status":"01…"}                                     what became of this mail?
///     master → worker   the same line, byte by byte                          send it
///     worker → master   {"sent":"01…"}                                       the mail server took it
///                       {"failed":"01…","outcome":"temporary","stage":"rcpt","code":450,"reason":"…"}
///     master → server   {"room":4096,"bytes":33554432}                       so many mails more may come; the first
///                                                                            time: it is your turn to accept
///                       {"taken":12}                                         the next 12 mails are in the spool
///                       {"refused":3,"reason":"…"}                           the next 3 are not, and forgotten
///                       {"spool":"…"}                                        why the spool can't be written; empty: it can
///                       {"status":"01…","state":"sent","attempts":1,…}       that became of it; without a state: not known
///                       {"metrics":"…"}                                      the master's numbers, for `/metrics`
///     child  → master   {"log":"…"}                                          a finished line for the terminal
///     master → child    {"ping":1}, answered by {"pong":1}
///                       {"stop":1}                                           finish what is in hand, and end
///
/// A mail belongs to the master from the moment its line is whole in the pipe until its fate was reported.
package enum PipeMessage: Sendable, Equatable {
    case ready(version: Int)
    /// Kept as it came, so that it can be passed on without being read.
    case mail(MailLine)
    case sent(EmailID)
    case failed(EmailID, SendOutcome)
    case credit(Credit)
    case taken(Int)
    case refused(Int, String)
    /// Why the spool can't be written; empty where it can.
    case spool(String)
    case metrics(String)
    case log(String)
    case status(EmailID, MailStatus?)
    case closed, ping, pong, stop

    package static let version = 1
}

// MARK: - Writing

extension PipeMessage {
    package func write(into buffer: inout ByteBuffer) {
        if case .mail(let mail) = self {
            buffer.writeImmutableBuffer(mail.bytes)
        } else {
            var json = JSONWriter()
            json.raw("{")
            write(into: &json)
            json.raw("}")
            buffer.writeString(json.text)
        }
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    private func write(into json: inout JSONWriter) {
        switch self {
        case .mail: break
        case .ready(let version): json.member("ready", version)
        case .sent(let id): json.member("sent", "\(id)")
        case .failed(let id, let outcome):
            json.member("failed", "\(id)")
            json.member("outcome", outcome.name)
            guard let failure = outcome.failure else { return }
            json.member("stage", failure.stage.rawValue)
            if let code = failure.code { json.member("code", code) }
            json.member("reason", failure.reason)
        case .credit(let room):
            json.member("room", room.mails)
            json.member("bytes", room.bytes)
        case .taken(let count): json.member("taken", count)
        case .refused(let count, let reason):
            json.member("refused", count)
            json.member("reason", reason)
        case .spool(let reason): json.member("spool", reason)
        case .metrics(let text): json.member("metrics", text)
        case .log(let line): json.member("log", line)
        case .status(let id, let status):
            json.member("status", "\(id)")
            status?.writeMembers(into: &json)
        case .closed: json.member("closed", 1)
        case .ping: json.member("ping", 1)
        case .pong: json.member("pong", 1)
        case .stop: json.member("stop", 1)
        }
    }
}

// MARK: - Reading

extension PipeMessage {
    /// The message of a line, or nil where the line is none of this version.
    package init?(_ line: ByteBuffer) {
        let bytes = Array(line.readableBytesView)
        var reader = JSONReader(bytes)
        guard let first = try? reader.firstMember() else { return nil }
        // The mail comes first in number, and the master has no need to read the rest of it.
        if first.name.isString("mail") {
            guard let mail = MailLine(line, first: first) else { return nil }
            self = .mail(mail)
            return
        }
        guard let fields = try? JSONObject(bytes), let message = Self(first.name, first.value, fields) else {
            return nil
        }
        self = message
    }

    private init?(_ kind: JSONValue, _ value: JSONValue, _ fields: JSONObject) {
        let message: PipeMessage? =
            switch kind {
            case "ready": value.int.map { .ready(version: $0) }
            case "sent": value.emailID.map { .sent($0) }
            case "failed": value.emailID.flatMap { id in SendOutcome(fields).map { .failed(id, $0) } }
            case "room": Self.credit(mails: value.int, bytes: fields["bytes"]?.int)
            case "taken": Self.count(value).map { .taken($0) }
            case "refused": Self.count(value).map { .refused($0, fields["reason"]?.text ?? "") }
            case "spool": value.text.map { .spool($0) }
            case "metrics": value.text.map { .metrics($0) }
            case "log": value.text.map { .log($0) }
            case "status": value.emailID.map { .status($0, MailStatus(fields)) }
            case "closed": value.int.map { _ in .closed }
            case "ping": value.int.map { _ in .ping }
            case "pong": value.int.map { _ in .pong }
            case "stop": value.int.map { _ in .stop }
            default: nil
            }
        guard let message else { return nil }
        self = message
    }

    private static func credit(mails: Int?, bytes: Int?) -> PipeMessage? {
        guard let mails, let bytes, mails >= 0, bytes >= 0 else { return nil }
        return .credit(Credit(mails: mails, bytes: bytes))
    }

    private static func count(_ value: JSONValue) -> Int? { value.int.flatMap { $0 > 0 ? $0 : nil } }
}

extension SendOutcome {
    fileprivate init?(_ fields: JSONObject) {
        guard let stage = fields["stage"]?.text.flatMap(SMTPFailure.Stage.init), let reason = fields["reason"]?.text
        else { return nil }
        let failure = SMTPFailure(stage, code: fields["code"]?.int, reason)
        switch fields["outcome"]?.text {
        case "temporary": self = .temporary(failure)
        case "permanent": self = .permanent(failure)
        case "unknown": self = .unknown(failure)
        default: return nil
        }
    }
}
