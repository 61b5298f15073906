import BgdemoFoundations
import BgdemoSMTPInbox

/// A comparison as one self-contained page, without network and script: SVG pictures, the table behind each, and the
/// JSON.
public enum HTMLReport {
    /// - Parameter before: An earlier run to compare with.
    public static func page(_ comparison: Comparison, before: Comparison? = nil) -> String {
        let plots = Plot.all(of: comparison)
        return HTML.page("bgdemo compare, \(comparison.began)", head: head) { html in
            write(comparison, plots, before, into: &html)
        }
    }

    private static func write(
        _ comparison: Comparison, _ plots: [Plot], _ before: Comparison?, into html: inout HTML
    ) {
        html.raw("<header>\n<h1>\(heading(comparison))</h1>\n<p class=\"load\">")
        html.words(Summary.load(comparison.settings))
        html.raw(".</p>\n</header>\n<section id=\"summary\" aria-label=\"Summary\">\n<ul class=\"summary\">\n")
        for sentence in Summary.sentences(of: comparison) { html.raw("<li>\(HTMLEscaping.escape(sentence))</li>\n") }
        html.raw("</ul>\n</section>\n")
        for plot in plots { write(plot, into: &html) }
        if !comparison.strategies.isEmpty {
            html.raw("<section id=\"figures\">\n<h2>The figures</h2>\n")
            for kind in ReportMetric.Kind.allCases {
                glance(kind, comparison.strategies).writeUnlessEqual("\(kind)", into: &html)
            }
            answers(comparison.strategies).writeUnlessEqual("answers", into: &html)
            if comparison.strategies.contains(where: { $0.samples != nil }) {
                ranges(comparison.strategies).write("ranges", into: &html)
            }
            html.raw("</section>\n")
        }
        if let before { ChangeSection.write(from: before, to: comparison, into: &html) }
        if let fates = comparison.fates, !fates.rows.isEmpty {
            html.raw("<section id=\"fate-matrix\">\n<h2>What becomes of the mails under each fault</h2>\n")
            FaultMatrixTable.write(fates, into: &html)
            html.raw("</section>\n")
        }
        AdviceSection.write(comparison, into: &html)
        RunSection.write(comparison, into: &html)
    }

    private static func heading(_ comparison: Comparison) -> String {
        let count = max(comparison.strategies.count, comparison.fates?.rows.count ?? 0)
        return count == 1 ? "One way to send a mail" : "\(NumberText.count(count)) ways to send a mail"
    }

    private static func write(_ plot: Plot, into html: inout HTML) {
        html.raw("<section id=\"\(plot.name)\">\n<h2>\(HTMLEscaping.escape(plot.title))</h2>\n<figure>\n")
        html.raw(plot.svg(.page) + plot.svg(.phone))
        html.raw("</figure>\n<details>\n<summary>The figures behind it</summary>\n")
        plot.table.write("\(plot.name)-figures", into: &html)
        html.raw("</details>\n</section>\n")
    }

    private static func glance(_ kind: ReportMetric.Kind, _ results: [StrategyResult]) -> DataTable {
        let figures = ReportMetric.all.filter { figure in
            figure.kind == kind && results.contains { figure.value($0) != nil }
        }
        let caption =
            switch kind {
            case .times: "Times: from when a request was due to its answer, and to its mail in the inbox"
            case .mails: "Mails, by the ids in the inbox"
            case .costs: "Costs of the whole run; of Redis, for each accepted mail"
            }
        return DataTable(
            caption, ["Strategy"] + figures.map(\.name),
            results.map { result in (result.title, figures.map { .figure($0.value(result), $0.show) }) })
    }

    private static func ranges(_ results: [StrategyResult]) -> DataTable {
        DataTable(
            "The range of each figure over all runs", ["Strategy", "Figure", "Runs", "Least", "Median", "Greatest"],
            results.flatMap { result in
                ReportMetric.all.compactMap { metric in
                    result.samples?[metric.name].map { values in
                        let figures = [values.min(), values.median, values.max()].map {
                            DataTable.Cell.figure($0, metric.show)
                        }
                        return (result.title, [.text(metric.name), .count(values.count)] + figures)
                    }
                }
            })
    }

    private static func answers(_ results: [StrategyResult]) -> DataTable {
        let statuses = Set(results.flatMap { $0.statuses.keys }).sorted()
        return DataTable(
            "Requests by the status of their answer",
            ["Strategy"] + statuses.map { $0 == "0" ? "no answer" : $0 },
            results.map { result in (result.title, statuses.map { .count(result.statuses[$0] ?? 0) }) })
    }
}
