/// A row for each strategy over a common axis.
struct RowPlot: Sendable {
    let title: String
    let axis: Scale
    /// The height of a row, in font sizes.
    let strip: Double
    let names: [String]
    /// Marks or backgrounds and their meaning, drawn above the rows.
    var legend: [(name: String, shape: Int?, style: String)] = []
    /// Draws the content of a row.
    let row: @Sendable (_ index: Int, _ frame: Frame, _ drawing: inout Drawing) -> Void

    func draw(in format: PlotFormat) -> Drawing {
        let font = format.font
        let left = format.isNarrow ? font : (names.map { format.width(of: $0) }.max() ?? 0) + font * 1.4
        let above = format.isNarrow ? font * 1.8 : 0
        let titleHeight = format.hasTitle ? font * 2 : 0
        let legendHeight = legend.isEmpty ? 0 : Double(legendRows(in: format).count) * font * 1.6
        let top = titleHeight + legendHeight + font
        // The rows of a slide share its height.
        let space = format.hasTitle ? (format.height - top - font * 4) / Double(max(1, names.count)) : .infinity
        let pitch = min((strip + 0.7) * font + above, space)
        let height = top + pitch * Double(max(1, names.count)) + font * 3.6
        var drawing = Drawing(format, height: format.hasTitle ? format.height : height)
        _ = drawing.title(title)
        drawLegend(at: titleHeight + font * 1.2, in: &drawing)
        let frame = Frame(
            left: left, top: top, width: format.width - left - font * 1.5, height: pitch * Double(max(1, names.count)))
        drawing.axis(axis, frame)
        for (index, name) in names.enumerated() {
            let place = Frame(
                left: frame.left, top: frame.top + pitch * Double(index) + above, width: frame.width,
                height: max(font, pitch - above - font * 0.7))
            if format.isNarrow {
                drawing.text(name, font * 0.4, place.top - font * 0.5)
            } else {
                drawing.text(name, font * 0.4, place.top + place.height / 2 + font * 0.35)
            }
            row(index, place, &drawing)
        }
        if names.isEmpty {
            drawing.text(
                "nothing was measured", frame.left + frame.width / 2, frame.top + pitch / 2, "faint", anchor: .middle)
        }
        return drawing
    }

    private func legendRows(in format: PlotFormat) -> [[Int]] {
        var rows: [[Int]] = [[]]
        var x = 0.0
        for (index, entry) in legend.enumerated() {
            let width = format.width(of: entry.name) + format.font * 2.4
            if x + width > format.width, rows.last?.isEmpty == false {
                rows.append([])
                x = 0
            }
            rows[rows.count - 1].append(index)
            x += width
        }
        return rows
    }

    private func drawLegend(at top: Double, in drawing: inout Drawing) {
        let font = drawing.format.font
        for (line, row) in legendRows(in: drawing.format).enumerated() {
            var x = font
            let y = top + Double(line) * font * 1.6
            for entry in row.map({ legend[$0] }) {
                if let shape = entry.shape {
                    drawing.mark(shape, x, y - font * 0.35, entry.style)
                } else {
                    let swatch = Frame(left: x - font * 0.5, top: y - font * 0.8, width: font, height: font * 0.9)
                    drawing.rectangle(swatch, entry.style)
                }
                drawing.text(entry.name, x + font * 0.9, y, "faint")
                x += drawing.format.width(of: entry.name) + font * 2.4
            }
        }
    }
}
