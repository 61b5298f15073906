/// What became of one attempt to send a mail.
public enum SendOutcome: Sendable, Hashable {
    /// The server took the mail; its reply to the final dot.
    case sent(reply: String)
    /// Not sent, and worth another try: a 4xx reply, a refused session, or a network fault before the server had the whole
    /// text.
    case temporary(SMTPFailure)
    /// Not sent, and never will be like this: a 5xx reply, or a mail that this server can't carry.
    case permanent(SMTPFailure)
    /// The connection was lost, or time ran out, after the final dot: the server may have the mail. Another try may make
    /// a duplicate, which has the same `Message-ID`.
    case unknown(SMTPFailure)

    /// Not sent, because the sender's caller did not want it any more.
    public static let unwanted = SendOutcome.temporary(SMTPFailure(.queue, "the mail is not wanted any more"))

    public var failure: SMTPFailure? {
        switch self {
        case .sent: nil
        case .temporary(let failure), .permanent(let failure), .unknown(let failure): failure
        }
    }

    /// `sent`, `temporary`, `permanent` or `unknown`: the name in logs, metrics and JSON.
    public var name: String {
        switch self {
        case .sent: "sent"
        case .temporary: "temporary"
        case .permanent: "permanent"
        case .unknown: "unknown"
        }
    }
}

/// Why a mail was not sent, or is not known to be.
public struct SMTPFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// How far the session with the server (RFC 5321, section 3) had come.
    public enum Stage: String, Sendable, CaseIterable {
        case queue, connect, banner, ehlo, starttls, auth, mail, rcpt, data, text, dot
    }

    public let stage: Stage
    /// The server's reply code, such as 550; nil where it was the network or a time limit.
    public let code: Int?
    /// The server's reply, or what happened to the connection.
    public let reason: String

    public init(_ stage: Stage, code: Int? = nil, _ reason: String) {
        self.stage = stage
        self.code = code
        self.reason = reason
    }

    public var description: String { "\(reason) (at \(stage.rawValue))" }

    /// Whether the server, or the way to it, refuses the session and not this mail: before MAIL, or by a code that speaks of
    /// the login or the whole service. Another mail would meet the same, and this one may go when the cause is gone.
    public var concernsSession: Bool {
        switch stage {
        case .connect, .banner, .ehlo, .starttls, .auth: return true
        case .queue, .mail, .rcpt, .data, .text, .dot: break
        }
        switch code {
        // RFC 5321: the service closes. RFC 4954: a login is needed, too weak, wrong, or not encrypted.
        case 421, 530, 534, 535, 538: return true
        default: return false
        }
    }
}
