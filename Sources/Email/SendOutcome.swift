/// What became of one attempt to send a mail. Always one of four, by the server's own words.
public enum SendOutcome: Sendable, Hashable {
    /// The server took the mail; its reply to the final dot.
    case sent(reply: String)
    /// Not sent, and worth another try: a 4xx reply, or a network fault before the text was whole at the server.
    case temporary(SMTPFailure)
    /// Not sent, and never will be like this: a 5xx reply, or a mail that this server can't carry.
    case permanent(SMTPFailure)
    /// The connection died, or time ran out, after the final dot: the server may have the mail. Another try may make
    /// a twin, which has the same `Message-ID`.
    case unknown(SMTPFailure)

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

/// Why a mail was not (known to be) sent.
public struct SMTPFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// How far the conversation with the server (RFC 5321, section 3) had come.
    public enum Stage: String, Sendable, CaseIterable {
        case queue, connect, banner, ehlo, starttls, auth, mail, rcpt, data, text, dot
    }

    public let stage: Stage
    /// The server's reply code, such as 550; nil where the network or the clock spoke instead.
    public let code: Int?
    /// The server's reply, or what happened to the connection.
    public let reason: String

    public init(_ stage: Stage, code: Int? = nil, _ reason: String) {
        self.stage = stage
        self.code = code
        self.reason = reason
    }

    public var description: String { "\(reason) (at \(stage.rawValue))" }
}
