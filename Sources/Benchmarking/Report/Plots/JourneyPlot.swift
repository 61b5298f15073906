extension Plot {
    /// One mail of median speed of each strategy, from the request to the inbox.
    static func journey(of results: [StrategyResult]) -> Plot {
        let stations = results.reduce(into: [String]()) { names, result in
            for moment in result.journey where !names.contains(moment.name) { names.append(moment.name) }
        }
        let axis = Scale.logarithmic(
            results.flatMap { $0.journey.map(\.milliseconds) }, title: "since it was due, logarithmic"
        ) { NumberText.time($0) }
        let title = "The stages of one mail"
        let plot = RowPlot(
            title: title, axis: axis, strip: 3.2, names: results.map(\.title),
            legend: stations.enumerated().map { ($1, $0, "f\($0 % 7)") }
        ) { index, frame, drawing in
            draw(results[index].journey, stations, axis, frame, in: &drawing)
        }
        return Plot(
            name: "journey", title: title,
            summary: "A row for each strategy with the stages of one mail of median speed. "
                + results.filter { !$0.journey.isEmpty }.map { result in
                    "\(result.title): "
                        + result.journey.map { "\($0.name) at \(NumberText.time($0.milliseconds))" }.joined(
                            separator: ", ")
                        + "."
                }.joined(separator: " "),
            table: DataTable(
                "The stages of one mail", ["Strategy"] + stations,
                results.map { result in
                    (
                        result.title,
                        stations.map { station in
                            result.journey.first { $0.name == station }.map { .time($0.milliseconds) } ?? .none
                        }
                    )
                }),
            draw: { plot.draw(in: $0) })
    }

    private static func draw(
        _ journey: [JourneyStep], _ stations: [String], _ axis: Scale, _ frame: Frame, in drawing: inout Drawing
    ) {
        let font = drawing.format.font
        let y = frame.top + frame.height / 2
        let places = journey.map { frame.left + axis.position($0.milliseconds) * frame.width }
        guard let first = places.min(), let last = places.max() else {
            return drawing.text("no mail came", frame.left, y + font * 0.35, "faint")
        }
        drawing.line(first, y, last, y, "axis")
        // Labels alternate above and below, each as near to its mark as the earlier ones allow.
        var ends = [-Double.infinity, -Double.infinity]
        for (number, (moment, x)) in zip(journey, places).enumerated() {
            let station = stations.firstIndex(of: moment.name) ?? 0
            drawing.mark(station, x, y, "f\(station % 7)", size: 1.2)
            // A mark at the start needs no label.
            guard x - first > font * 3 else { continue }
            let label = NumberText.time(moment.milliseconds)
            let half = drawing.format.width(of: label) * 0.45
            let centre = min(max(x, half), drawing.format.width - half)
            let side = number % 2
            guard centre - half > ends[side] else { continue }
            ends[side] = centre + half
            drawing.text(label, centre, side == 0 ? y - font * 0.75 : y + font * 1.4, anchor: .middle, size: 0.85)
        }
    }
}
