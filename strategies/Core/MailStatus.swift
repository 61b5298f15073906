public import BgdemoEmail
public import BgdemoFoundations

/// What became of a mail, as far as it is known.
public struct MailStatus: Sendable, Hashable {
    /// What the strategy answered for it (`queued`, `published`, …); then `sent`, `waiting` (for its next attempt), `failed`
    /// or `unknown`.
    public let state: String
    /// How often it was tried; 0 where that is not known to have begun.
    public let attempts: Int
    /// `sent`, `temporary`, `permanent` or `unknown`, of the last attempt; nil before the first.
    public let outcome: String?
    /// The server's reply, or what else the last attempt ended with.
    public let reason: String?

    public init(accepted state: String) {
        (self.state, attempts, outcome, reason) = (state, 0, nil, nil)
    }

    /// - Parameters:
    ///   - attempts: Until now.
    ///   - isRetried: Whether there will be another.
    public init(_ outcome: SendOutcome, attempts: Int, isRetried: Bool) {
        let state =
            switch outcome {
            case .sent: "sent"
            case .unknown where !isRetried: "unknown"
            case .temporary, .permanent, .unknown: isRetried ? "waiting" : "failed"
            }
        self.state = state
        self.attempts = attempts
        self.outcome = outcome.name
        reason =
            if case .sent(let reply) = outcome { reply.isEmpty ? nil : reply } else { outcome.failure?.description }
    }

    /// `"state":…,"attempts":…,"outcome":…,"reason":…`.
    public func writeMembers(into json: inout JSONWriter) {
        json.member("state", state)
        json.member("attempts", attempts)
        if let outcome { json.member("outcome", outcome) }
        if let reason { json.member("reason", reason) }
    }

    /// nil where the object has no state.
    public init?(_ object: JSONObject) {
        guard let state = object["state"]?.text else { return nil }
        self.state = state
        attempts = max(0, object["attempts"]?.int ?? 0)
        outcome = object["outcome"]?.text
        reason = object["reason"]?.text
    }
}
