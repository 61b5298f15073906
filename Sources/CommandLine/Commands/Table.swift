import BgdemoFoundations

/// Rows of text in columns, for a person at a terminal. A row is one line, whatever is in its cells.
struct Table {
    private let rows: [[String]]
    private let below: String?

    init(_ head: [String], _ rows: [[String]], below: String? = nil) {
        self.rows = ([head] + rows).map { $0.map { printable($0, limit: 200) } }
        self.below = below
    }

    var text: String {
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
        return (lines + (below.map { [$0] } ?? [])).joined(separator: "\n")
    }
}
