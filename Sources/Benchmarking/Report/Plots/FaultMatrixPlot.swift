/// The fault matrix as a picture for a slide; the page has a table.
enum FaultMatrixPlot {
    static func draw(_ matrix: FaultMatrix, in format: PlotFormat) -> Drawing {
        // Twelve columns need a smaller font.
        let size = 0.62
        let font = format.font * size
        let left = (matrix.rows.map { Double($0.title.count) * font * 0.58 }.max() ?? 0) + font * 1.6
        let top = format.font * 2.4 + font * 6.4
        let width = (format.width - left - font) / Double(max(1, matrix.faults.count))
        let pitch = min(font * 4.4, (format.height - top - font * 3) / Double(max(1, matrix.rows.count)))
        var drawing = Drawing(format)
        _ = drawing.title("What becomes of the mails under each fault")
        for (column, fault) in matrix.faults.enumerated() {
            let x = left + width * (Double(column) + 0.5)
            let lines = wrap(fault.summary, into: Int(width / font / 0.56))
            for (index, line) in lines.enumerated() {
                let y = top - font * (0.6 + 1.2 * Double(lines.count - 1 - index))
                drawing.text(line, x, y, anchor: .middle, size: size)
            }
        }
        for (number, row) in matrix.rows.enumerated() {
            let y = top + pitch * Double(number)
            drawing.text(row.title, font * 0.6, y + pitch / 2 + font * 0.35, size: size)
            for (column, fault) in matrix.faults.enumerated() {
                guard let cell = row.cell(of: fault) else { continue }
                let frame = Frame(
                    left: left + width * Double(column) + 1.5, top: y + 1.5, width: width - 3, height: pitch - 3)
                draw(cell, frame, size, in: &drawing)
            }
        }
        drawing.text(
            "Framed: must lose no accepted mail. ✓ none lost, ✗ lost, – the fault does not apply.", font * 0.6,
            format.height - font, "faint", size: size)
        return drawing
    }

    private static func draw(_ cell: FaultMatrixCell, _ frame: Frame, _ size: Double, in drawing: inout Drawing) {
        let result = CellResult(cell)
        let font = drawing.format.font * size
        drawing.rectangle(frame, result.style)
        if cell.mustLoseNothing { drawing.rectangle(frame, cell.isKept ? "promise" : "broken") }
        let x = frame.left + frame.width / 2
        let back = result == .idle ? nil : cell.recoverySeconds
        let y = frame.top + frame.height / 2 + font * (back == nil ? 0.35 : -0.15)
        drawing.text(
            result.words, x, y, cell.isKept ? "ink" : "alarm", anchor: .middle,
            size: size * min(1, frame.width / (Double(result.words.count) * font * 0.6)))
        if let back {
            drawing.text(NumberText.seconds(back), x, y + font * 1.2, "faint", anchor: .middle, size: size * 0.9)
        }
    }

    /// Wraps at words into at most five lines of about `width` letters.
    static func wrap(_ text: String, into width: Int) -> [String] {
        var lines: [String] = []
        for word in text.prefix(120).split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= max(6, width) {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return Array(lines.prefix(5))
    }
}
