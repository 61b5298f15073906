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

    var text: String { text(width: TerminalWidth.ofOutput, style: .ofOutput) }

    /// - Parameter width: Of the terminal; nil for no limit.
    func text(width: Int?, style: TerminalStyle = .plain) -> String {
        let widths = widths(within: width ?? .max)
        let lines = (rows.map { line($0, widths) } + below).map { TextLayout.cut($0, to: width ?? .max) }
        return ([style(lines.first ?? "", .bold)] + lines.dropFirst()).joined(separator: "\n")
    }

    /// As wide as the columns' cells; where that is too wide, the widest columns give way, down to their heads.
    private func widths(within limit: Int) -> [Int] {
        let head = rows.first ?? []
        let widths = head.indices.map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return TextLayout.widths(widths, least: head.map { max($0.count, Self.leastWidth) }, within: limit)
    }

    /// Of a column that gives way.
    private static let leastWidth = 8

    private func line(_ row: [String], _ widths: [Int]) -> String {
        zip(row.indices, zip(row, widths)).map { column, cell in
            let text = TextLayout.cut(cell.0, to: cell.1)
            // Nothing follows the last column.
            return column == row.count - 1 ? text : text + String(repeating: " ", count: cell.1 - text.count)
        }.joined(separator: TextLayout.gap)
    }
}
