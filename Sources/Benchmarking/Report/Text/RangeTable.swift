/// The ranges of the most important figures over several runs, within 100 columns.
enum RangeTable {
    private static let metrics = ["response p50", "response p99", "inbox p99"]

    /// The rows with a head; nil if there was one run.
    static func rows(_ results: [StrategyResult], runs: Int) -> [[String]]? {
        guard results.contains(where: { $0.samples != nil }) else { return nil }
        let metrics = ReportMetric.all.filter { Self.metrics.contains($0.name) }
        let rows = results.map { result in
            [result.title] + metrics.map { range($0, result.samples?[$0.name] ?? []) }
        }
        return [["\(runs) runs"] + metrics.map(\.name)] + rows
    }

    /// `0.33 ms (0.31 ms–0.40 ms)`: the median, the least and the greatest.
    private static func range(_ metric: ReportMetric, _ values: [Double]) -> String {
        guard let median = values.median, let least = values.min(), let most = values.max() else {
            return NumberText.none
        }
        return "\(metric.show(median)) (\(metric.show(least))–\(metric.show(most)))"
    }
}
