import BgdemoFoundations
package import NIOCore

/// How long a slot stays empty after its child died. A child that was ready is started again at once, unless it dies
/// again and again; one that was never ready waits from the first time.
package struct RestartBackoff {
    /// The deaths within the last minute.
    private var recent: [NIODeadline] = []
    /// The deaths in a row before a child was ready.
    private var unready = 0

    /// Deaths within a minute that cause no wait.
    static let tolerated = 10
    static let longest = Duration.seconds(30)

    package init() {}

    package mutating func delay(afterDeathAt now: NIODeadline, wasReady: Bool) -> TimeAmount {
        recent.removeAll { now - $0 > .minutes(1) }
        recent.append(now)
        unready = wasReady ? 0 : unready + 1
        return max(
            Self.doubled(.milliseconds(250), unready), Self.doubled(.seconds(1), recent.count - Self.tolerated))
    }

    private static func doubled(_ base: Duration, _ times: Int) -> TimeAmount {
        guard times > 0 else { return .zero }
        return TimeAmount(RetryPolicy.backoff(base: base, cap: longest, doublings: times - 1))
    }
}
