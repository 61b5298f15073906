import DequeModule
import Synchronization

/// How many jobs were performed and failed a minute, from the counters that Redis keeps, as long as a page is open.
final class JobRates: Sendable {
    private struct Sample {
        let at: ContinuousClock.Instant
        let processed: Int
        let failed: Int
    }

    private let samples = Mutex(Deque<Sample>())

    private static let most = 60

    func add(processed: Int, failed: Int, at now: ContinuousClock.Instant = .now) {
        samples.withLock { samples in
            // Several pages ask more often than once in two seconds.
            if let last = samples.last, now - last.at < .seconds(1) { return }
            samples.append(Sample(at: now, processed: processed, failed: failed))
            if samples.count > Self.most { samples.removeFirst() }
        }
    }

    /// Over the last two minutes; nil before there are two samples.
    var perMinute: (processed: Int, failed: Int)? {
        samples.withLock { samples in
            guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
            let minutes = (last.at - first.at) / .seconds(60)
            func rate(_ one: Int, _ other: Int) -> Int {
                let (difference, overflow) = other.subtractingReportingOverflow(one)
                let rate = overflow ? 0 : Double(max(0, difference)) / minutes
                return rate < 1e15 ? Int(rate.rounded()) : 0
            }
            return (rate(first.processed, last.processed), rate(first.failed, last.failed))
        }
    }
}
