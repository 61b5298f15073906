public import NIOCore
import Synchronization

/// A token bucket: it fills at a rate and holds one second's worth, at least one token.
public final class TokenBucket: Sendable {
    private let perSecond: Double
    private let capacity: Double
    private let bucket: Mutex<(tokens: Double, filled: NIODeadline)>

    /// - Parameter perSecond: Tokens a second, more than 0.
    public init(perSecond: Double, now: NIODeadline = .now()) {
        self.perSecond = perSecond
        capacity = max(1, perSecond)
        bucket = Mutex((capacity, now))
    }

    /// Takes one token and returns nil; or, where there is none, the time until there is one, a day at most.
    public func wait(at now: NIODeadline = .now()) -> Duration? {
        bucket.withLock { bucket in
            if now > bucket.filled {
                let seconds = Double((now - bucket.filled).nanoseconds) / 1e9
                bucket = (min(capacity, bucket.tokens + seconds * perSecond), now)
            }
            guard bucket.tokens < 1 else {
                bucket.tokens -= 1
                return nil
            }
            return .seconds(min((1 - bucket.tokens) / perSecond, 86_400))
        }
    }
}
