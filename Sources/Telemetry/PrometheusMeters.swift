import CoreMetrics
import Synchronization

/// A number that only grows.
final class PrometheusCounter: CounterHandler {
    private let number = Atomic<Int64>(0)

    var total: Int64 { number.load(ordering: .relaxed) }

    func increment(by amount: Int64) { number.wrappingAdd(amount, ordering: .relaxed) }

    func reset() { number.store(0, ordering: .relaxed) }
}

/// The number recorded last.
final class PrometheusGauge: RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    var current: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
}

/// Durations by size, in seconds.
final class PrometheusHistogram: TimerHandler {
    struct Snapshot {
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        var sum = 0.0

        var count: Int { counts.reduce(0, +) }

        var cumulative: [Int] {
            var total = 0
            return counts.map {
                total += $0
                return total
            }
        }
    }

    static let bounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]

    private let state = Mutex(Snapshot())

    var snapshot: Snapshot { state.withLock { $0 } }

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum += seconds
        }
    }
}
