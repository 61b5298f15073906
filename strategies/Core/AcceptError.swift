public import BgdemoEmail

/// Why a strategy did not accept a mail, or does not know yet what becomes of it.
public enum AcceptError: Error, Sendable, Hashable {
    /// What the strategy needs is away: Redis, a child process. The client may try again (503, `Retry-After`).
    case unavailable(String, retryAfter: Duration)
    /// The backlog is full (503, `Retry-After`).
    case full(String, retryAfter: Duration)
    /// The strategy can't do what was asked, now or later (400).
    case unsupported(String)
    /// The mail was tried at once and not sent, or perhaps not (500, with the outcome).
    case failed(SendOutcome)
    /// The mail is being tried, and the client is not to wait for its outcome any longer (500, outcome unknown).
    case undecided(String)

    /// The sentence.
    public var reason: String {
        switch self {
        case .unavailable(let reason, _), .full(let reason, _), .unsupported(let reason), .undecided(let reason): reason
        case .failed(let outcome): outcome.failure?.description ?? outcome.name
        }
    }
}
