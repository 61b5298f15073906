extension Plot {
    /// Which of a result's distributions.
    struct Distribution: Sendable {
        let name: String
        let title: String
        let axis: String
        let latency: @Sendable (StrategyResult) -> Latency

        static let response = Distribution(
            name: "response", title: "How long the client waits", axis: "from due to answered, logarithmic",
            latency: \.response)
        static let toInbox = Distribution(
            name: "inbox", title: "How long until the mail is in the inbox", axis: "from due to the inbox, logarithmic",
            latency: \.toInbox)
    }

    /// Time over percentile; the right end is the slowest in a thousand or a million.
    static func percentiles(of results: [StrategyResult], _ distribution: Distribution) -> Plot {
        let latencies = results.map(distribution.latency)
        let series = zip(zip(results, SeriesStyle.all(results)), latencies).map { pair, latency in
            Series(name: pair.0.title, look: pair.1, points: latency.points)
        }
        let plot = LinePlot(
            title: distribution.title,
            x: .nines(count: latencies.map(\.count).max() ?? 0, title: "percentile, equal width for each further nine"),
            y: .logarithmic(series.flatMap { $0.points.map(\.y) }, title: distribution.axis) { NumberText.time($0) },
            series: series)
        return Plot(
            name: distribution.name, title: distribution.title,
            summary: "One rising line for each strategy: the time, \(distribution.axis), that this percentage did not "
                + "exceed. "
                + zip(results, latencies).filter { $0.1.count > 0 }.map { result, latency in
                    "\(result.title): median \(NumberText.time(latency.p50)), 99th percentile \(NumberText.time(latency.p99))."
                }.joined(separator: " "),
            table: DataTable(
                "\(distribution.title): percentiles",
                ["Strategy", "Count", "Least", "Mean", "p50", "p90", "p99", "p99.9", "Most"],
                zip(results, latencies).map { result, latency in
                    (
                        result.title,
                        [.count(latency.count)]
                            + [
                                latency.min, latency.mean, latency.p50, latency.p90, latency.p99, latency.p999,
                                latency.max,
                            ].map { latency.count > 0 ? .time($0) : .none }
                    )
                }),
            draw: { plot.draw(in: $0) })
    }

    /// The histogram of the times.
    static func histogram(of results: [StrategyResult]) -> Plot {
        let looks = SeriesStyle.all(results)
        let bars = results.map { $0.response.bars.filter { $0.count > 0 && $0.to.isFinite && $0.to > 0 } }
        let axis = Scale.logarithmic(
            bars.flatMap { $0.flatMap { [$0.from, $0.to] } }, title: "from due to answered, logarithmic"
        ) { NumberText.time($0) }
        let title = "Distribution of the answers"
        let plot = RowPlot(title: title, axis: axis, strip: 3, names: results.map(\.title)) { index, frame, drawing in
            drawing.line(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
            let most = Double(bars[index].map(\.count).max() ?? 1)
            for bar in bars[index] {
                let left = frame.left + axis.position(bar.from) * frame.width
                let right = frame.left + axis.position(bar.to) * frame.width
                let height = max(1, Double(bar.count) / most * frame.height)
                drawing.rectangle(
                    Frame(left: left, top: frame.bottom - height, width: max(1.5, right - left), height: height),
                    looks[index].fill)
            }
            if bars[index].isEmpty {
                drawing.text("none", frame.left, frame.bottom - drawing.format.font * 0.4, "faint")
            }
        }
        return Plot(
            name: "histogram", title: title,
            summary:
                "A row of bars for each strategy: the number of answers by their time. Each row is scaled to its highest "
                + "bar.",
            table: DataTable(
                "Answers by their time", ["Strategy", "From", "To", "Answers"],
                zip(results, bars).flatMap { result, bars in
                    bars.map { (result.title, [.time($0.from), .time($0.to), .count($0.count)]) }
                }),
            draw: { plot.draw(in: $0) })
    }
}

extension Latency {
    /// The curve, or the percentiles if the JSON has no curve.
    fileprivate var points: [(x: Double, y: Double)] {
        guard count > 0 else { return [] }
        let known =
            curve.isEmpty
            ? [(50, p50), (90, p90), (99, p99), (99.9, p999), (100, max)].map { (x: $0.0, y: $0.1) }
            : curve.map { (x: $0.percentile, y: $0.milliseconds) }
        return known.filter { $0.x.isFinite && $0.y.isFinite }
    }
}
