/// Rows of text in columns, for a person at a terminal. Whatever is in a cell, a row is one line and harms no terminal.
struct Table {
    private let rows: [[String]]
    private let below: String?

    init(_ head: [String], _ rows: [[String]], below: String? = nil) {
        self.rows = ([head] + rows).map { $0.map(Self.printable) }
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

    private static func printable(_ text: String) -> String {
        let clean = String(text.prefix(200).map { $0.unicodeScalars.allSatisfy(isPlain) ? $0 : "·" })
        return text.count > 200 ? clean + "…" : clean
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: false
        default: true
        }
    }
}
