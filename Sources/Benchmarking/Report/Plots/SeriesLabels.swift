/// The labels of lines, at their ends, or below the frame in a narrow picture.
enum SeriesLabels {
    /// The width that they need on the right.
    static func width(_ names: [String], in format: PlotFormat) -> Double {
        guard !format.isNarrow else { return format.font }
        return (names.map { format.width(of: $0) }.max() ?? 0) + format.font * 2.6
    }

    /// The height that they need below.
    static func height(_ names: [String], in format: PlotFormat) -> Double {
        format.isNarrow ? Double(rows(names, in: format).count) * format.font * 1.5 + format.font * 0.6 : 0
    }

    /// - Parameter ends: The end of each line; nil for a line without points.
    static func draw(_ series: [Series], ends: [(x: Double, y: Double)?], frame: Frame, in drawing: inout Drawing) {
        guard !drawing.format.isNarrow else { return drawBelow(series, in: &drawing) }
        let font = drawing.format.font
        let shown = zip(series, ends).compactMap { series, end in end.map { (series, $0) } }.sorted { $0.1.y < $1.1.y }
        let places = spread(shown.map(\.1.y), gap: font * 1.25, from: frame.top, to: frame.bottom)
        for ((series, end), y) in zip(shown, places) {
            let x = frame.right + font * 1.1
            drawing.line(end.x, end.y, x - font * 0.4, y, "leader")
            drawing.mark(series.look.place, x, y, series.look.fill)
            drawing.text(series.name, x + font * 0.7, y + font * 0.35)
        }
    }

    /// The positions nearest to `wanted`, in rising order, that are at least `gap` apart and, if possible, within the
    /// bounds.
    static func spread(_ wanted: [Double], gap: Double, from low: Double, to high: Double) -> [Double] {
        // Isotonic regression by pooling adjacent violators, after the gaps are subtracted.
        var pools: [(sum: Double, count: Int)] = []
        for (index, place) in wanted.enumerated() {
            pools.append((place - gap * Double(index), 1))
            while let last = pools.last, let before = pools.dropLast().last,
                before.sum / Double(before.count) > last.sum / Double(last.count)
            {
                pools.removeLast(2)
                pools.append((before.sum + last.sum, before.count + last.count))
            }
        }
        let space = max(low, high - gap * Double(max(0, wanted.count - 1)))
        return pools.flatMap { pool in Array(repeating: pool.sum / Double(pool.count), count: pool.count) }
            .enumerated().map { index, place in min(max(place, low), space) + gap * Double(index) }
    }

    private static func drawBelow(_ series: [Series], in drawing: inout Drawing) {
        let font = drawing.format.font
        let rows = rows(series.map(\.name), in: drawing.format)
        var y = drawing.height - Double(rows.count) * font * 1.5 + font * 0.9
        for row in rows {
            var x = font * 0.8
            for index in row {
                let (look, name) = (series[index].look, series[index].name)
                drawing.line(x - font * 0.6, y - font * 0.35, x + font * 0.6, y - font * 0.35, look.line)
                drawing.mark(look.place, x, y - font * 0.35, look.fill)
                drawing.text(name, x + font, y)
                x += drawing.format.width(of: name) + font * 2.6
            }
            y += font * 1.5
        }
    }

    private static func rows(_ names: [String], in format: PlotFormat) -> [[Int]] {
        var rows: [[Int]] = []
        var left = 0.0
        for (index, name) in names.enumerated() {
            let width = format.width(of: name) + format.font * 2.6
            if rows.isEmpty || left < width {
                rows.append([])
                left = format.width - format.font * 0.2
            }
            rows[rows.count - 1].append(index)
            left -= width
        }
        return rows
    }
}
