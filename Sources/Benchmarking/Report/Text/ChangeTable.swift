import BgdemoFoundations

/// The changes since an earlier run, as lines. Figures without a change are only counted.
public enum ChangeTable {
    /// The lines of the table, after the caveats.
    ///
    /// - Parameter width: Of the terminal, nil where there is none. More than 100 counts as 100.
    public static func lines(from old: Comparison, to new: Comparison, width: Int? = nil) -> [String] {
        let width = min(width ?? TerminalTable.columns, TerminalTable.columns)
        let changes = Change.all(from: old, to: new)
        let changed = changes.filter { $0.trend != .same }
        let rows = changed.map {
            [
                $0.strategy, $0.figure, "\($0.oldText) → \($0.newText)", $0.ratio.map { NumberText.ratio($0) } ?? "",
                $0.trend.rawValue,
            ]
        }
        let within =
            Change.areRepeated(changes)
            ? "without a significant difference (rank test, p ≥ \(Change.significance))"
            : "within \(Int(Change.tolerance * 100)) %"
        let rest =
            changed.isEmpty
            ? "All \(changes.count) figures that both runs have are \(within)."
            : "\(changes.count - changed.count) further figures are \(within)."
        let caveats = Change.caveats(from: old, to: new).map { TextLayout.wrapped($0, to: width) }
        return caveats + aligned(rows, within: width) + [TextLayout.wrapped(rest, to: width)]
    }

    private static func aligned(_ rows: [[String]], within width: Int) -> [String] {
        let limits = [26, 18, 28, 10, 10]
        let wanted = limits.enumerated().map { column, limit in min(limit, rows.map { $0[column].count }.max() ?? 0) }
        let widths = TextLayout.widths(wanted, least: [8, 8, 12, 6, 6], within: width)
        return rows.map { row in
            var line = zip(row, widths).map { cell, width in
                let cell = TextLayout.cut(cell, to: width)
                return cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
