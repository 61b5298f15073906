public import CoreMetrics
import Synchronization

/// The backend of swift-metrics that `/metrics` shows, in Prometheus' text format
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
///
/// A label with dimensions is one line each under one name; a timer is a histogram in seconds.
public final class PrometheusMetricsFactory: MetricsFactory {
    private struct Key: Hashable {
        let label: String
        let dimensions: String
    }

    private enum Meter {
        case count(PrometheusCounter)
        case value(PrometheusGauge)
        case histogram(PrometheusHistogram)
    }

    private let meters = Mutex<[Key: Meter]>([:])

    private let help: [String: String]

    /// - Parameter help: By a meter's label, what it counts. Default: nothing.
    public init(help: [String: String] = [:]) { self.help = help }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let count = meters.withLock { meters in
            let key = Key(label: label, dimensions: Self.text(dimensions))
            if case .count(let count)? = meters[key] { return count }
            let count = PrometheusCounter()
            meters[key] = .count(count)
            return count
        }
        return count
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let value = meters.withLock { meters in
            let key = Key(label: label, dimensions: Self.text(dimensions))
            if case .value(let value)? = meters[key] { return value }
            let value = PrometheusGauge()
            meters[key] = .value(value)
            return value
        }
        return value
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let histogram = meters.withLock { meters in
            let key = Key(label: label, dimensions: Self.text(dimensions))
            if case .histogram(let histogram)? = meters[key] { return histogram }
            let histogram = PrometheusHistogram()
            meters[key] = .histogram(histogram)
            return histogram
        }
        return histogram
    }

    // A meter lives as long as the process: its owner may be gone, its sum is not.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// All meters, or those that are wanted, by name.
    public func text(where isWanted: (_ label: String) -> Bool = { _ in true }) -> String {
        let meters = meters.withLock { $0 }.filter { isWanted($0.key.label) }
        var text = ""
        for (label, group) in Dictionary(grouping: meters, by: \.key.label).sorted(by: { $0.key < $1.key }) {
            for (place, entry) in group.sorted(by: { $0.key.dimensions < $1.key.dimensions }).enumerated() {
                if place == 0 {
                    text += "# TYPE \(label) \(Self.type(entry.value))\n"
                    if let help = help[label] { text += "# HELP \(label) \(Self.escaped(help))\n" }
                }
                text += Self.lines(label, entry.key.dimensions, entry.value)
            }
        }
        return text
    }

    /// The numbers of two processes as one text. Where both have a meter, it is the second's: the first only has it
    /// because it is the same program.
    public static func merged(_ own: String, _ other: String) -> String {
        let theirs = Set(families(other).map(\.label))
        return families(own).filter { !theirs.contains($0.label) }.map(\.text).joined() + other
    }

    private static func families(_ text: String) -> [(label: Substring, text: String)] {
        text.split(separator: "# TYPE ").map { ($0.prefix { $0 != " " }, "# TYPE \($0)") }
    }

    private static func text(_ dimensions: [(String, String)]) -> String {
        dimensions.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return value }
        return value.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }

    private static func type(_ meter: Meter) -> String {
        switch meter {
        case .count: "counter"
        case .value: "gauge"
        case .histogram: "histogram"
        }
    }

    private static func lines(_ label: String, _ dimensions: String, _ meter: Meter) -> String {
        let braces = dimensions.isEmpty ? "" : "{\(dimensions)}"
        switch meter {
        case .count(let count): return "\(label)\(braces) \(count.total)\n"
        case .value(let value): return "\(label)\(braces) \(value.current)\n"
        case .histogram(let histogram):
            let snapshot = histogram.snapshot
            let comma = dimensions.isEmpty ? "" : ","
            var text = ""
            for (bound, count) in zip(PrometheusHistogram.bounds.map { "\($0)" } + ["+Inf"], snapshot.cumulative) {
                text += "\(label)_bucket{\(dimensions)\(comma)le=\"\(bound)\"} \(count)\n"
            }
            return text + "\(label)_sum\(braces) \(snapshot.sum)\n\(label)_count\(braces) \(snapshot.count)\n"
        }
    }
}
