import BgdemoFoundations
public import BgdemoSystemCompat

/// The fault matrix for a terminal: a row for each fault, a column for each strategy.
public struct FaultMatrixText: Sendable {
    private let width: Int
    private let style: TerminalStyle

    /// - Parameter width: Of the terminal, nil where there is none. More than 100 counts as 100.
    public static func text(_ matrix: FaultMatrix, width: Int? = nil, style: TerminalStyle = .plain) -> String {
        let columns = TerminalTable.columns
        return FaultMatrixText(width: min(width ?? columns, columns), style: style).text(matrix)
    }

    private func text(_ matrix: FaultMatrix) -> String {
        guard !matrix.rows.isEmpty, !matrix.faults.isEmpty else { return "no fault was injected\n" }
        let interrupted = matrix.rows.contains { $0.cells.contains { $0.interrupted != nil } }
        return tables(matrix, Self.cell) + "\n\n" + wrapped(Self.legend) + "\n"
            + (interrupted
                ? "\n" + tables(matrix, Self.interrupted) + "\n\n" + wrapped(Self.interruptedLegend) + "\n" : "")
            + broken(matrix)
    }

    private func wrapped(_ text: String) -> String {
        TextLayout.wrapped(text.replacing("\n", with: " "), to: width)
    }

    private func tables(_ matrix: FaultMatrix, _ cell: (FaultMatrixCell?) -> String) -> String {
        let first = min(28, width / 3, matrix.faults.map(\.summary.count).max() ?? 0)
        // Strategies that do not fit into one table go into further ones.
        let column = max(8, matrix.rows.map { min(15, Self.head($0).count) }.max() ?? 0)
        let atOnce = max(1, (width - first) / (column + 1))
        let tables = stride(from: 0, to: matrix.rows.count, by: atOnce).map { start in
            let rows = matrix.rows[start..<min(start + atOnce, matrix.rows.count)]
            let head = style(Self.line("", rows.map(Self.head), first, column), .bold)
            let lines = matrix.faults.map { fault in
                coloured(Self.line(fault.summary, rows.map { cell($0.cell(of: fault)) }, first, column))
            }
            return ([head] + lines).joined(separator: "\n")
        }
        return tables.joined(separator: "\n\n")
    }

    private func coloured(_ line: String) -> String {
        guard style.isColoured else { return line }
        return line.replacing("✓", with: style("✓", .green)).replacing("✗", with: style("✗", .red))
    }

    /// A service that runs already is named by its URL, whose host and port say more than its scheme.
    private static func head(_ row: FaultMatrixRow) -> String {
        let scheme = "http://"
        return row.title.hasBytePrefix(scheme) ? String(row.title.dropFirst(scheme.count)) : row.title
    }

    private static let legend = """
        ✓ none lost, and the recovery time; ✓ 3 ×2: 3 mails twice; ✗ 3: 3 mails lost;
        ! lost against the guarantee; – the fault does not apply
        """

    private static let interruptedLegend = """
        the mails that were accepted and not yet in the inbox when the fault came: the longest time from the fault until one
        of them came; ✗ 3: 3 of them were lost; – there were none
        """

    private static func interrupted(_ cell: FaultMatrixCell?) -> String {
        guard let cell else { return "not run" }
        guard let mails = cell.interrupted else { return NumberText.none }
        return mails.lost > 0
            ? "✗ \(NumberText.count(mails.lost))" : mails.maxSeconds.map { NumberText.seconds($0) } ?? NumberText.none
    }

    private static func cell(_ cell: FaultMatrixCell?) -> String {
        guard let cell else { return "not run" }
        let mark = cell.isKept ? "" : "!"
        let back = cell.recoverySeconds.map { NumberText.seconds($0) } ?? "none came"
        return switch CellResult(cell) {
        case .idle: NumberText.none
        case .unmeasured: mark + "?"
        case .lost(let count): "\(mark)✗ \(NumberText.count(count))"
        case .doubled(let count): "✓ \(NumberText.count(count)) ×2"
        case .kept: "✓ \(back)"
        }
    }

    /// A line for each cell that broke its strategy's guarantee.
    private func broken(_ matrix: FaultMatrix) -> String {
        matrix.rows.flatMap { row in
            row.cells.filter { !$0.isKept }.map { cell in
                let text =
                    "\(row.title) under \(cell.fault): \(CellResult(cell).words), \(cell.details.joined(separator: ", "))"
                let line = "! " + text.split(whereSeparator: \.isNewline).joined(separator: "; ")
                return style(TextLayout.wrapped(line, to: width), .red) + "\n"
            }
        }.joined()
    }

    private static func line(_ head: String, _ cells: [String], _ first: Int, _ width: Int) -> String {
        var line = padded(head, first)
        for cell in cells { line += " " + padded(cell, width) }
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        let text = text.count > width ? text.prefix(width - 1) + "…" : text
        return text + String(repeating: " ", count: width - text.count)
    }
}
