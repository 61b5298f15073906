/// When a mail that could not be sent is tried again: exponential backoff with jitter, and an end.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, the first among them.
    public let attempts: Int
    /// The wait before the second attempt; it doubles with each.
    public let base: Duration
    /// The longest wait.
    public let cap: Duration

    public init(attempts: Int = 8, base: Duration = .seconds(1), cap: Duration = .seconds(300)) {
        self.attempts = max(1, attempts)
        self.base = base
        self.cap = cap
    }

    /// The wait after this many failed attempts, or nil where there is to be no other. Between half and the whole of
    /// the doubled time, so that what failed together does not come back together.
    public func delay(
        afterFailures failures: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard failures < attempts else { return nil }
        let doubled = base * (1 << min(max(failures - 1, 0), 30))
        return min(doubled, cap) * Double.random(in: 0.5...1, using: &generator)
    }
}
