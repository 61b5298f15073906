import BgdemoSystemCompat

/// The rate of the requests, and what this process takes of a core, since the last time each was asked for.
struct StageMeter: Sendable {
    private var asked: (count: Int, at: Int64) = (0, 0)
    private var used: (seconds: Double, at: Int64) = (Self.cpuSeconds, 0)

    /// Requests a second.
    mutating func rate(_ count: Int, at now: Int64) -> Double {
        defer { asked = (count, now) }
        guard asked.at > 0, now > asked.at else { return 0 }
        return Double(count - asked.count) / (Double(now - asked.at) / 1e9)
    }

    /// Percent of one core.
    mutating func share(at now: Int64) -> Double {
        let seconds = Self.cpuSeconds
        defer { used = (seconds, now) }
        guard used.at > 0, now > used.at else { return 0 }
        return (seconds - used.seconds) / (Double(now - used.at) / 1e9) * 100
    }

    /// Processor time of this process and all its threads.
    private static var cpuSeconds: Double {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
