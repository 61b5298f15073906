public import BgdemoEmail

/// Why a strategy did not take a mail.
public enum AcceptError: Error, Sendable, Hashable {
    /// What the strategy stands on is away: Redis, a child process. The client may come again (503, `Retry-After`).
    case unavailable(String, retryAfter: Duration)
    /// The backlog is full, as it is bounded to be (503, `Retry-After`).
    case full(String, retryAfter: Duration)
    /// The strategy can't do what was asked, now or later (400).
    case unsupported(String)
    /// The mail was tried at once and not sent, or perhaps not (500, with the outcome).
    case failed(SendOutcome)
}
