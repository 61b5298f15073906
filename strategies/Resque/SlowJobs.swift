import BgdemoFoundations
public import Resque

/// The talk's two slow jobs: one that waits, beside which others may run, and one that computes, which takes a core.
public enum SlowJobs {
    public static let queue = "slowQueue"

    static func blockingSleep(_ time: Duration) {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {}
    }
}

extension Jobs {
    /// `slowSleepJob` and `slowCPUJob`, of a second, or of as many milliseconds as their argument says.
    public mutating func registerSlowJobs() {
        register("slowSleepJob") { (_, milliseconds: Int?) in
            let start = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(milliseconds ?? 1000))
            return "\((ContinuousClock.now - start).milliseconds) ms"
        }
        register("slowCPUJob") { (_, milliseconds: Int?) in
            let start = ContinuousClock.now
            SlowJobs.blockingSleep(.milliseconds(min(max(milliseconds ?? 1000, 0), 60_000)))
            return "\((ContinuousClock.now - start).milliseconds) ms"
        }
    }
}
