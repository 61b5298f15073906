public import Mail

/// Why a strategy did not take a mail.
public enum Refusal: Error, Sendable {
    /// What the strategy stands on is away: Redis, a child process. The client may come again (503, `Retry-After`).
    case unavailable(String, retryAfter: Duration)
    /// The backlog is full, as it is bounded to be (503, `Retry-After`).
    case full(String, retryAfter: Duration)
    /// The mail was tried at once and not sent (500, with the outcome).
    case failed(Outcome)
}
