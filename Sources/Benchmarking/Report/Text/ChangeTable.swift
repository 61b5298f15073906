/// The changes since an earlier run, as lines of at most 100 columns. Figures without a change are only counted.
public enum ChangeTable {
    /// The lines of the table, after the caveats.
    public static func lines(from old: Comparison, to new: Comparison) -> [String] {
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
        return Change.caveats(from: old, to: new) + aligned(rows) + [rest]
    }

    private static func aligned(_ rows: [[String]]) -> [String] {
        let limits = [26, 18, 28, 10, 10]
        let widths = limits.enumerated().map { column, limit in min(limit, rows.map { $0[column].count }.max() ?? 0) }
        return rows.map { row in
            var line = zip(row, widths).map { cell, width in
                let cell = cell.count > width ? cell.prefix(width - 1) + "…" : cell[...]
                return cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
