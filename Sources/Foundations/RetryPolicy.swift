/// When something that failed is tried again: exponential backoff with jitter, and an end.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, the first among them. Default: 8.
    public let attempts: Int
    /// The wait before the second attempt; it doubles with each. Default: 1 s.
    public let base: Duration
    /// The longest wait. Default: 300 s.
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
        let doubled = Self.backoff(base: base, cap: cap, doublings: failures - 1)
        return doubled * Double.random(in: 0.5...1, using: &generator)
    }

    /// The same with the system's random numbers.
    public func delay(afterFailures failures: Int) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        return delay(afterFailures: failures, using: &generator)
    }

    /// The wait after something else failed than what is tried, so often in succession: as long as between two attempts,
    /// without an end. nil where there is one attempt only.
    public func delay(
        afterOutages outages: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        attempts > 1 ? delay(afterFailures: min(outages, attempts - 1), using: &generator) : nil
    }

    /// The same with the system's random numbers.
    public func delay(afterOutages outages: Int) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        return delay(afterOutages: outages, using: &generator)
    }

    /// `base` doubled so often, and at most `cap`. Never overflows.
    public static func backoff(base: Duration, cap: Duration, doublings: Int) -> Duration {
        var delay = min(base, cap)
        // 128 bits of attoseconds: after 127 doublings any delay above zero has reached any cap.
        for _ in 0..<min(max(doublings, 0), 127) where delay < cap {
            delay = delay > cap / 2 ? cap : delay * 2
        }
        return delay
    }
}
