/// The changes since an earlier run as lines of at most 100 columns, those that are none left out and counted.
public enum ChangeTable {
    /// The cells of each row, and its head first.
    public static func lines(from old: Comparison, to new: Comparison) -> [String] {
        let changes = Change.all(from: old, to: new)
        let told = changes.filter { $0.trend != .same }
        let rows = told.map {
            [
                $0.strategy, $0.figure, "\($0.oldText) → \($0.newText)", $0.ratio.map { NumberText.ratio($0) } ?? "",
                $0.trend.rawValue,
            ]
        }
        let within = "within \(Int(Change.tolerance * 100)) %"
        let rest =
            told.isEmpty
            ? "No figure of the \(changes.count) that both runs have differs by more than that: all \(within)."
            : "\(changes.count - told.count) further figures are \(within)."
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
