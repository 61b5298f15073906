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
        let widths = widths(within: width ?? .max)
        let lines = rows.map { line($0, widths) } + below
        guard let width else { return lines.joined(separator: "\n") }
        return lines.map { Self.cut($0, to: width) }.joined(separator: "\n")
    }

    /// As wide as the columns' cells; where that is too wide, the widest columns give way, down to their heads.
    private func widths(within limit: Int) -> [Int] {
        let head = rows.first ?? []
        var widths = head.indices.map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let least = head.map { max($0.count, Self.leastWidth) }
        var excess = widths.reduce(Self.gap.count * (widths.count - 1), +) - limit
        while excess > 0 {
            let shrinking = widths.indices.filter { widths[$0] > least[$0] }
            guard let widest = shrinking.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private static let gap = "  "
    /// Of a column that gives way.
    private static let leastWidth = 8

    private func line(_ row: [String], _ widths: [Int]) -> String {
        zip(row.indices, zip(row, widths)).map { column, cell in
            let text = Self.cut(cell.0, to: cell.1)
            // Nothing follows the last column.
            return column == row.count - 1 ? text : text + String(repeating: " ", count: cell.1 - text.count)
        }.joined(separator: Self.gap)
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(width - 1) + "…" : text
    }
}
