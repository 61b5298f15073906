import BgdemoSMTPInbox

/// What is different from an earlier run.
enum ChangeSection {
    static func write(from old: Comparison, to new: Comparison, into html: inout HTML) {
        html.raw("<section id=\"changes\">\n<h2>What changed since \(HTML.escaped(old.began))</h2>\n")
        for caveat in Change.caveats(from: old, to: new) {
            html.raw("<p class=\"caveat\">\(HTML.escaped(caveat))</p>\n")
        }
        let changes = Change.all(from: old, to: new)
        let told = changes.filter { $0.trend != .same }
        html.raw(
            "<p>\(NumberText.count(told.count)) of \(NumberText.count(changes.count)) figures differ by more than ")
        html.raw("\(Int(Change.tolerance * 100)) %. One run against one is an observation, no proof.</p>\n")
        if !told.isEmpty { table("What differs", told).write("changes-figures", into: &html) }
        html.raw("<details>\n<summary>Every figure, then and now</summary>\n")
        table("Every figure, then and now", changes).write("changes-all", into: &html)
        html.raw("</details>\n</section>\n")
    }

    private static func table(_ caption: String, _ changes: [Change]) -> DataTable {
        DataTable(
            caption, ["Strategy", "Figure", "Then", "Now", "Ratio", "Verdict"],
            changes.map { change in
                (
                    change.strategy,
                    [
                        .text(change.figure), .figure(change.old) { _ in change.oldText },
                        .figure(change.new) { _ in change.newText },
                        .figure(change.ratio) { NumberText.ratio($0) }, .text(change.trend.rawValue),
                    ]
                )
            })
    }
}
