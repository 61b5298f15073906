public import BgdemoFoundations

/// How workers work, for all strategies that have them.
public struct WorkSettings: Sendable {
    /// The least time between two sends. Default: none.
    public var throttle: Throttle
    /// When a mail that was not sent is tried again.
    public var retry: RetryPolicy
    /// Mails in hand at a time in one worker. Default: 50.
    public var concurrency: Int
    /// Mails under way at a time; past it clients get 503. Default: 100,000.
    public var backlog: Int
    /// Default: safe.
    public var semantics: Semantics

    public init(
        throttle: Throttle = Throttle(.zero), retry: RetryPolicy = RetryPolicy(), concurrency: Int = 50,
        backlog: Int = 100_000, semantics: Semantics = .safe
    ) {
        self.throttle = throttle
        self.retry = retry
        self.concurrency = concurrency
        self.backlog = backlog
        self.semantics = semantics
    }
}
