import DequeModule

/// The times of the last ten seconds, and two percentiles of them.
struct RecentTimes: Sendable {
    private static let window = Int64(10_000_000_000)
    /// More are not kept: of a fast lane, the newest tell enough.
    private static let limit = 4_000

    private var samples = Deque<(at: Int64, time: Int64)>()

    mutating func add(_ time: Int64, at now: Int64) {
        if samples.count == Self.limit { samples.removeFirst() }
        samples.append((now, time))
    }

    /// In milliseconds; nil without a sample.
    mutating func percentiles(at now: Int64) -> (p50: Double, p99: Double)? {
        while let first = samples.first, first.at < now - Self.window { samples.removeFirst() }
        guard !samples.isEmpty else { return nil }
        let sorted = samples.map(\.time).sorted()
        func value(_ share: Double) -> Double {
            Double(sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]) / 1e6
        }
        return (value(0.5), value(0.99))
    }
}
