extension Plot {
    /// The 99th percentile over the rate; a line ends at the last rate tried.
    static func sweep(of results: [StrategyResult]) -> Plot {
        let series = zip(results, SeriesStyle.all(results)).map { result, look in
            Series(name: result.title, look: look, points: result.sweep.map { (x: $0.rate, y: $0.p99Milliseconds) })
        }
        let title = "The rate that each keeps up with"
        let plot = LinePlot(
            title: title,
            x: .logarithmic(series.flatMap { $0.points.map(\.x) }, title: "requests per second, logarithmic") {
                NumberText.digits($0)
            },
            y: .logarithmic(series.flatMap { $0.points.map(\.y) }, title: "99th percentile of the answers, logarithmic")
            {
                NumberText.time($0)
            }, series: series)
        return Plot(
            name: "sweep", title: title,
            summary: "One line for each strategy: the 99th percentile of its answers at each rate. "
                + results.map(\.breakingPoint).joined(separator: " "),
            table: DataTable(
                "Each rate of the sweep", ["Strategy", "Rate", "Achieved", "p99", "Backlog", "Kept up"],
                results.flatMap { result in
                    result.sweep.map {
                        (
                            result.title,
                            [
                                .rate($0.rate), .rate($0.achieved), .time($0.p99Milliseconds), .count($0.backlog),
                                .text($0.isKept ? "yes" : "no"),
                            ]
                        )
                    }
                }),
            draw: { plot.draw(in: $0) })
    }
}

extension StrategyResult {
    /// A sentence on the sweep; empty if there was none.
    var breakingPoint: String {
        guard let first = sweep.first else { return "" }
        guard let broken = sweep.first(where: { !$0.isKept }) else {
            return "\(title) kept up with every rate, to \(NumberText.rate(sweep.last?.rate ?? first.rate))."
        }
        guard let kept = sweep.prefix(while: \.isKept).last else {
            return "\(title) did not keep up with \(NumberText.rate(first.rate)), the lowest rate."
        }
        return "\(title) kept up with \(NumberText.rate(kept.rate)) and not with \(NumberText.rate(broken.rate))."
    }
}
