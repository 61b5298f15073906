extension Plot {
    /// The backlog second by second.
    static func backlog(of results: [StrategyResult]) -> Plot {
        let series = zip(results, SeriesStyle.all(results)).map { result, look in
            Series(
                name: result.title, look: look,
                points: result.timeline.isEmpty
                    ? [] : [(0, 0)] + result.timeline.thinned.map { (x: $0.end, y: Double($0.backlog)) })
        }
        let title = "Accepted and not yet in the inbox"
        let plot = LinePlot(
            title: title, x: seconds(results),
            y: .linear(series.flatMap { $0.points.map(\.y) }, title: "mails") { NumberText.digits($0) }, series: series)
        return Plot(
            name: "backlog", title: title,
            summary: "One line for each strategy: the mails that wait at the end of each second. "
                + results.map { result in
                    let most = result.timeline.map(\.backlog).max() ?? 0
                    return "\(result.title): at most \(NumberText.count(most)), "
                        + "and \(NumberText.seconds(result.drainSeconds)) until the last arrived."
                }.joined(separator: " "),
            table: DataTable(
                "The backlog by strategy", ["Strategy", "Most", "At the end", "Time to drain"],
                results.map { result in
                    (
                        result.title,
                        [
                            .count(result.timeline.map(\.backlog).max() ?? 0),
                            .count(result.timeline.last?.backlog ?? 0),
                            .seconds(result.drainSeconds),
                        ]
                    )
                }),
            draw: { plot.draw(in: $0) })
    }

    /// Requests, answers and deliveries in each second.
    static func throughput(of results: [StrategyResult]) -> Plot {
        let looks = SeriesStyle.all(results)
        let rows = results.map(\.timeline.thinned)
        let axis = seconds(results)
        let most = max(1, rows.joined().map { max($0.sent, $0.answered, $0.delivered) }.max() ?? 1)
        let title = "Sent, answered, delivered"
        let plot = RowPlot(
            title: title, axis: axis, strip: 3.4, names: results.map(\.title),
            legend: [
                ("dotted: sent", nil, "asked"), ("line: answered", nil, "thin l0"), ("area: delivered", nil, "area f0"),
            ]
        ) { index, frame, drawing in
            func points(_ value: (TimelineSecond) -> Int) -> [(x: Double, y: Double)] {
                rows[index].enumerated().flatMap { place, second in
                    let start = place == 0 ? 0 : rows[index][place - 1].end
                    let y = frame.bottom - Double(max(0, value(second))) / Double(most) * frame.height
                    return [start, second.end].map {
                        (x: frame.left + axis.position($0) * frame.width, y: y)
                    }
                }
            }
            drawing.line(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
            let delivered = points(\.delivered)
            if let first = delivered.first, let last = delivered.last {
                drawing.path(
                    [(first.x, frame.bottom)] + delivered + [(last.x, frame.bottom)], "area \(looks[index].fill)",
                    isClosed: true)
            }
            drawing.path(points(\.sent), "asked")
            drawing.path(points(\.answered), "thin l\(looks[index].place % 7)")
            guard index == 0 else { return }
            drawing.text(
                "\(NumberText.count(most))/s", frame.right, frame.top + drawing.format.font * 0.2, "faint",
                anchor: .end,
                size: 0.75)
        }
        return Plot(
            name: "throughput", title: title,
            summary:
                "A row for each strategy, all with the same scale up to \(NumberText.count(most)) per second: requests, answers, "
                + "and mails in the inbox in each second.",
            table: DataTable(
                "Second by second", ["Strategy", "Second", "Sent", "Answered", "Delivered", "Backlog", "p99"],
                zip(results, rows).flatMap { result, seconds in
                    seconds.map {
                        (
                            result.title,
                            [
                                .count($0.second), .count($0.sent), .count($0.answered), .count($0.delivered),
                                .count($0.backlog), .time($0.p99Milliseconds),
                            ]
                        )
                    }
                }),
            draw: { plot.draw(in: $0) })
    }

    private static func seconds(_ results: [StrategyResult]) -> Scale {
        .linear(
            results.flatMap { $0.timeline.map { $0.end } }, title: "seconds since the first request"
        ) { NumberText.digits($0) }
    }
}

extension TimelineSecond {
    fileprivate var end: Double { Double(second) + 1 }
}

extension [TimelineSecond] {
    /// Every nth second of a long run: a page cannot show more.
    fileprivate var thinned: [TimelineSecond] {
        let stride = Swift.max(1, count / 300)
        return stride == 1 ? self : indices.filter { $0 % stride == 0 || $0 == count - 1 }.map { self[$0] }
    }
}
