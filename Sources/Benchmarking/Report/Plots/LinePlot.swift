/// Lines over two axes, with labels at their ends.
struct LinePlot: Sendable {
    let title: String
    let x: Scale
    let y: Scale
    let series: [Series]
    /// The text if there are no lines.
    var empty = "nothing was measured"

    func draw(in format: PlotFormat) -> Drawing {
        let font = format.font
        let names = series.filter { !$0.points.isEmpty }.map(\.name)
        let below = SeriesLabels.height(names, in: format)
        var drawing = Drawing(format, height: format.height + below)
        let titleHeight = drawing.title(title)
        let left = (y.ticks.map { format.width(of: $0.label) }.max() ?? 0) + font
        let frame = Frame(
            left: left, top: titleHeight + font * 2.2,
            width: format.width - left - SeriesLabels.width(names, in: format),
            height: format.height - titleHeight - font * 5.4)
        drawing.horizontalGrid(y, frame)
        drawing.axis(x, frame)
        guard !names.isEmpty else {
            drawing.text(empty, frame.left + frame.width / 2, frame.top + frame.height / 2, "faint", anchor: .middle)
            return drawing
        }
        var ends: [(x: Double, y: Double)?] = []
        for line in series {
            let points = line.points.map { point in
                (
                    x: frame.left + x.position(point.x) * frame.width,
                    y: frame.bottom - y.position(point.y) * frame.height
                )
            }
            if points.count > 1 { drawing.path(points, line.look.line) }
            for (index, point) in points.enumerated() where index == points.count - 1 || index % marked(points) == 0 {
                drawing.mark(line.look.place, point.x, point.y, line.look.fill, size: 0.8)
            }
            ends.append(points.last)
        }
        let shown = zip(series, ends).filter { $0.1 != nil }
        SeriesLabels.draw(shown.map(\.0), ends: shown.map(\.1), frame: frame, in: &drawing)
        return drawing
    }

    /// About eight marks distinguish lines where they cross.
    private func marked(_ points: [(x: Double, y: Double)]) -> Int { max(1, points.count / 8) }
}

extension Drawing {
    /// - Returns: The height that it used.
    mutating func title(_ title: String) -> Double {
        guard format.hasTitle else { return 0 }
        text(title, format.font * 0.6, format.font * 1.5, "strong", size: 1.25)
        return format.font * 2
    }

    mutating func horizontalGrid(_ scale: Scale, _ frame: Frame) {
        for tick in scale.ticks {
            let y = frame.bottom - scale.position(tick.value) * frame.height
            line(frame.left, y, frame.right, y, "grid")
            text(tick.label, frame.left - format.font * 0.5, y + format.font * 0.35, "faint", anchor: .end, size: 0.92)
        }
        text(scale.title, format.font * 0.4, frame.top - format.font * 0.9, "faint", size: 0.92)
    }

    /// Below the frame, with grid lines through it.
    mutating func axis(_ scale: Scale, _ frame: Frame) {
        line(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
        var end = -Double.infinity
        for tick in scale.ticks {
            let x = frame.left + scale.position(tick.value) * frame.width
            line(x, frame.top, x, frame.bottom, "grid")
            // The first and the last stay within the picture; labels that would overlap are left out.
            let half = format.width(of: tick.label) * 0.46
            let place = min(max(x, half), format.width - half)
            guard place - half > end else { continue }
            text(tick.label, place, frame.bottom + format.font * 1.3, "faint", anchor: .middle, size: 0.92)
            end = place + half + format.font * 0.5
        }
        text(
            scale.title, frame.left + frame.width / 2, frame.bottom + format.font * 2.7, "faint", anchor: .middle,
            size: 0.92)
    }
}
