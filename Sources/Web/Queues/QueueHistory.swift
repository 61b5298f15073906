import BgdemoFoundations
import DequeModule
import Synchronization

/// What the pages have seen of an estate in the last minutes: a sample every two seconds, as long as a page is open.
final class QueueHistory: Sendable {
    private struct Counts {
        let at: ContinuousClock.Instant
        let processed: Int
        let failed: Int
    }

    private struct State {
        var counts = Deque<Counts>()
        var queued = Deque<Double>()
        /// By queue, how long its oldest job had waited, in seconds.
        var waits: [ByteString: Deque<Double>] = [:]
        /// How long the jobs in work had been, in seconds.
        var runs = Deque<Double>()
        var sampled: ContinuousClock.Instant?
    }

    /// The median and the 99th percentile of samples, in seconds.
    struct Percentiles: Equatable {
        let p50: Double
        let p99: Double
    }

    private let pause: Duration
    private let state = Mutex(State())

    /// Five minutes.
    private static let most = 150
    private static let queues = 200
    private static let mostRuns = 2_000

    /// - Parameter pause: Between two samples at least. Default: 1 s.
    init(pause: Duration = .seconds(1)) {
        self.pause = pause
    }

    func add(processed: Int, failed: Int, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            // Each page asks.
            if let last = state.counts.last, now - last.at < pause { return }
            state.counts.append(Counts(at: now, processed: processed, failed: failed))
            if state.counts.count > Self.most { state.counts.removeFirst() }
        }
    }

    /// - Parameter waits: By queue, how long its oldest job has waited, in seconds.
    func add(
        queued: Int, waits: [(queue: String, seconds: Double)], runs: [Double], at now: ContinuousClock.Instant = .now
    ) {
        state.withLock { state in
            if let last = state.sampled, now - last < pause { return }
            state.sampled = now
            Self.append(Double(queued), to: &state.queued, Self.most)
            for run in runs.prefix(Self.queues) { Self.append(run, to: &state.runs, Self.mostRuns) }
            for (queue, seconds) in waits {
                let queue = ByteString(queue)
                guard state.waits[queue] != nil || state.waits.count < Self.queues else { continue }
                Self.append(seconds, to: &state.waits[queue, default: []], Self.most)
            }
        }
    }

    private static func append(_ value: Double, to samples: inout Deque<Double>, _ most: Int) {
        samples.append(value)
        if samples.count > most { samples.removeFirst() }
    }

    /// Over the last minutes; nil before there are two samples.
    var perMinute: (processed: Int, failed: Int)? {
        state.withLock { state in
            guard let first = state.counts.first, let last = state.counts.last, last.at > first.at else { return nil }
            return (
                Int(Self.rate(first, last, \.processed).rounded()), Int(Self.rate(first, last, \.failed).rounded())
            )
        }
    }

    /// Performed and failed a minute between each two samples, and how many jobs were queued, the oldest first.
    var series: (performed: [Double], failed: [Double], queued: [Double]) {
        state.withLock { state in
            let pairs = zip(state.counts, state.counts.dropFirst())
            return (
                pairs.map { Self.rate($0, $1, \.processed) }, pairs.map { Self.rate($0, $1, \.failed) },
                Array(state.queued)
            )
        }
    }

    func waits(in queue: String) -> Percentiles? {
        state.withLock { Self.percentiles($0.waits[ByteString(queue)] ?? []) }
    }

    var runs: Percentiles? { state.withLock { Self.percentiles($0.runs) } }

    /// By the nearest rank; nil without samples.
    static func percentiles(_ samples: some Collection<Double>) -> Percentiles? {
        let sorted = samples.sorted()
        guard !sorted.isEmpty else { return nil }
        func at(_ percent: Int) -> Double { sorted[min(sorted.count - 1, (sorted.count * percent + 99) / 100 - 1)] }
        return Percentiles(p50: at(50), p99: at(99))
    }

    private static func rate(_ first: Counts, _ last: Counts, _ count: KeyPath<Counts, Int>) -> Double {
        let (difference, overflow) = last[keyPath: count].subtractingReportingOverflow(first[keyPath: count])
        let rate = overflow ? 0 : Double(max(0, difference)) / ((last.at - first.at) / .seconds(60))
        return rate < 1e15 ? rate : 0
    }
}
