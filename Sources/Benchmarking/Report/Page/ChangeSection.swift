import BgdemoFoundations
import BgdemoSMTPInbox

/// The differences from an earlier run.
enum ChangeSection {
    static func write(from old: Comparison, to new: Comparison, into html: inout HTML) {
        html.raw("<section id=\"changes\">\n<h2>What changed since \(HTMLEscaping.escape(old.began))</h2>\n")
        for caveat in Change.caveats(from: old, to: new) {
            html.raw("<p class=\"caveat\">\(HTMLEscaping.escape(caveat))</p>\n")
        }
        let changes = Change.all(from: old, to: new)
        let changed = changes.filter { $0.trend != .same }
        html.raw(
            "<p>\(NumberText.count(changed.count)) of \(NumberText.count(changes.count)) figures ")
        html.raw(
            Change.areRepeated(changes)
                ? "differ significantly (rank test, p &lt; \(Change.significance)).</p>\n"
                : "differ by more than \(Int(Change.tolerance * 100)) %. Two single runs are an observation, not a proof.</p>\n"
        )
        if !changed.isEmpty { table("What differs", changed).write("changes-figures", into: &html) }
        html.raw("<details>\n<summary>All figures, then and now</summary>\n")
        table("All figures, then and now", changes).write("changes-all", into: &html)
        html.raw("</details>\n</section>\n")
    }

    private static func table(_ caption: String, _ changes: [Change]) -> DataTable {
        DataTable(
            caption, ["Strategy", "Figure", "Then", "Now", "Ratio", "Change"],
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
