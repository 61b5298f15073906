import BgdemoFoundations
import BgdemoSystemCompat

/// Rows of text in columns, for a person at a terminal. A row is one line, whatever is in its cells; on a terminal it is
/// no longer than that is wide.
struct Table {
    private let rows: [[String]]
    private let below: [String]

    /// - Parameter below: Lines for below the rows.
    init(_ head: [String], _ rows: [[String]], below: [String] = []) {
        self.rows = ([head] + rows).map { $0.map { printable($0, limit: 200) } }
        self.below = below.map { printable($0, limit: 1000) }
    }

    var text: String { text(width: TerminalWidth.ofOutput) }

    /// - Parameter width: Of the terminal; nil for no limit.
    func text(width: Int?) -> String {
        let lines = lines
        guard let width else { return lines.joined(separator: "\n") }
        return lines.map { $0.count > width ? $0.prefix(width - 1) + "…" : $0 }.joined(separator: "\n")
    }

    private var lines: [String] {
        var widths = [Int](repeating: 0, count: rows.first?.count ?? 0)
        for row in rows {
            for (column, cell) in row.enumerated() where column < widths.count {
                widths[column] = max(widths[column], cell.count)
            }
        }
        let lines = rows.map { row in
            // The last column is as long as it is.
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }
        return lines + below
    }
}
