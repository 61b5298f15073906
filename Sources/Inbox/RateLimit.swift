import NIOCore
import Synchronization

/// A token bucket: it fills at a rate, holds one second's worth (at least one), and who finds it empty is refused.
final class RateLimit: Sendable {
    private let perSecond: Double
    private let capacity: Double
    private let bucket: Mutex<(tokens: Double, filled: NIODeadline)>

    init(perSecond: Double, now: NIODeadline = .now()) {
        self.perSecond = perSecond
        capacity = max(1, perSecond)
        bucket = Mutex((capacity, now))
    }

    /// Takes a token, if there is one.
    func admits(at now: NIODeadline = .now()) -> Bool {
        bucket.withLock { bucket in
            if now > bucket.filled {
                let seconds = Double((now - bucket.filled).nanoseconds) / 1e9
                bucket = (min(capacity, bucket.tokens + seconds * perSecond), now)
            }
            guard bucket.tokens >= 1 else { return false }
            bucket.tokens -= 1
            return true
        }
    }
}
