import Histogram

/// An HdrHistogram of three digits: from a microsecond to an hour.
struct LatencyHistogram {
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: .three)

    mutating func record(_ nanoseconds: Int64) {
        histogram.record(UInt64(min(max(0, (nanoseconds + 500) / 1000), 3_600_000_000)))
    }

    mutating func reset() { histogram.reset() }

    func milliseconds(at percentile: Double) -> Double {
        histogram.totalCount == 0
            ? 0 : Double(min(histogram.valueAtPercentile(percentile), histogram.maxRecorded)) / 1000
    }

    /// The distribution in the format of the results.
    var latency: Latency {
        var latency = Latency()
        latency.count = Int(histogram.totalCount)
        guard latency.count > 0 else { return latency }
        latency.min = Double(histogram.min) / 1000
        latency.mean = histogram.mean / 1000
        latency.p50 = milliseconds(at: 50)
        latency.p90 = milliseconds(at: 90)
        latency.p99 = milliseconds(at: 99)
        latency.p999 = milliseconds(at: 99.9)
        latency.max = Double(histogram.maxRecorded) / 1000
        latency.curve = Self.percentiles.map { .init(percentile: $0, milliseconds: milliseconds(at: $0)) }
        latency.bars = bars
        return latency
    }

    private static let percentiles: [Double] =
        (0..<9).map { Double($0) * 10 } + [90, 92.5, 95, 96, 97, 97.5, 98, 98.5, 99, 99.25, 99.5, 99.75, 99.9]
        + [99.95, 99.99, 99.995, 99.999, 100]

    /// Ten bars per decade.
    private var bars: [Latency.Bar] {
        let values = histogram.recordedValues().map { (Double($0.value) / 1000, Int($0.count)) }
        guard let first = values.first, let last = values.last else { return [] }
        var bars: [Latency.Bar] = []
        var from = 0.001
        var place = 0
        while from <= last.0 {
            let to = from * 1.258_925_411_794_167_3
            var count = 0
            while place < values.count, values[place].0 < to {
                count += values[place].1
                place += 1
            }
            if to > first.0 { bars.append(.init(from: from, to: to, count: count)) }
            from = to
        }
        return bars
    }
}
