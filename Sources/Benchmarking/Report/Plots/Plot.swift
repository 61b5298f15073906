import BgdemoFoundations
import BgdemoSMTPInbox

/// A picture, its description, and the table behind it.
package struct Plot: Sendable {
    /// The name of its file and the id of its section: `response`.
    package let name: String
    package let title: String
    /// A text alternative for the picture.
    let summary: String
    let table: DataTable
    let draw: @Sendable (PlotFormat) -> Drawing

    /// The plots that a comparison has data for, in the order of the page.
    package static func all(of comparison: Comparison) -> [Plot] {
        let results = comparison.strategies
        guard !results.isEmpty else { return [] }
        var plots: [Plot] = [
            .percentiles(of: results, .response), .percentiles(of: results, .toInbox),
            .histogram(of: results), .backlog(of: results), .throughput(of: results), .journey(of: results),
            .processors(of: results), .memory(of: results),
        ]
        if results.contains(where: { $0.redis != nil }) { plots.append(.redis(of: results)) }
        if results.contains(where: { !$0.sweep.isEmpty }) { plots.append(.sweep(of: results)) }
        return plots
    }

    /// SVG for a page whose style sheet has the classes.
    func svg(_ format: PlotFormat) -> String {
        let drawing = draw(format)
        let id = "\(name)-\(format.name)"
        return """
            <svg class="\(format.name)" viewBox="0 0 \(Int(format.width)) \(Int(drawing.height.rounded(.up)))" role="img" \
            aria-labelledby="\(id)-title \(id)-summary" xmlns="http://www.w3.org/2000/svg">
            <title id="\(id)-title">\(title)</title>
            <desc id="\(id)-summary">\(HTMLEscaping.escape(summary))</desc>
            \(drawing.body)</svg>

            """
    }
}

extension SeriesStyle {
    static func all(_ results: [StrategyResult]) -> [SeriesStyle] { all(results.map { ($0.name, $0.semantics) }) }
}
