import BgdemoFoundations
package import NIOCore

/// How long a dead child's place stays empty. A child that had worked comes back at once, unless it dies again and
/// again; one that never got as far waits from the first time.
package struct RestartBackoff {
    /// Deaths within the last minute.
    private var recent: [NIODeadline] = []
    /// Deaths in a row before the child was ready.
    private var unready = 0

    /// So many deaths within a minute are bad luck; from there on they are a loop.
    static let tolerated = 10
    static let longest = Duration.seconds(30)

    package init() {}

    package mutating func died(at now: NIODeadline, wasReady: Bool) -> TimeAmount {
        recent.removeAll { now - $0 > .minutes(1) }
        recent.append(now)
        unready = wasReady ? 0 : unready + 1
        let loop = recent.count - Self.tolerated
        return max(Self.doubled(.milliseconds(250), unready), Self.doubled(.seconds(1), loop))
    }

    private static func doubled(_ base: Duration, _ times: Int) -> TimeAmount {
        guard times > 0 else { return .zero }
        return TimeAmount(RetryPolicy.backoff(base: base, cap: longest, doublings: times - 1))
    }
}
