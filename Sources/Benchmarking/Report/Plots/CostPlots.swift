extension Plot {
    static func processors(of results: [StrategyResult]) -> Plot {
        costs(
            of: results, name: "cpu", title: "Processor time", axis: "seconds of a core in the whole run",
            value: \.cpuSeconds, show: { NumberText.seconds($0) }, tick: { NumberText.digits($0) },
            table: DataTable(
                "Processor time and memory by process", ["Strategy", "Process", "Processor time", "Peak memory"],
                results.flatMap { result in
                    result.processes.map {
                        (result.title, [.text($0.name), .seconds($0.cpuSeconds), .bytes(Double($0.peakMemoryBytes))])
                    }
                }))
    }

    static func memory(of results: [StrategyResult]) -> Plot {
        costs(
            of: results, name: "memory", title: "Memory", axis: "sum of each process's peak",
            value: { Double($0.peakMemoryBytes) }, show: { NumberText.bytes($0) }, tick: { NumberText.bytes($0) },
            table: DataTable(
                "Peak memory by strategy", ["Strategy", "Processes", "Memory"],
                results.map { result in
                    (
                        result.title,
                        [
                            .count(result.ownProcesses.count),
                            .bytes(result.ownProcesses.reduce(0) { $0 + Double($1.peakMemoryBytes) }),
                        ]
                    )
                }))
    }

    static func redis(of results: [StrategyResult]) -> Plot {
        let asked = results.filter { $0.redis != nil }
        let looks = zip(results, SeriesStyle.all(results)).filter { $0.0.redis != nil }.map(\.1)
        let commands = asked.map { $0.redis?.commandsPerMail ?? 0 }
        let axis = Scale.linear(commands, title: "commands per accepted mail") { NumberText.digits($0) }
        let title = "Redis commands"
        let plot = RowPlot(title: title, axis: axis, strip: 1.6, names: asked.map(\.title)) { index, frame, drawing in
            let width = axis.position(commands[index]) * frame.width
            drawing.rectangle(
                Frame(left: frame.left, top: frame.top, width: width, height: frame.height), looks[index].fill)
            drawing.value(NumberText.digits(commands[index]), after: frame.left + width, in: frame)
        }
        return Plot(
            name: "redis", title: title, summary: "A bar for each strategy with a Redis: commands per mail.",
            table: DataTable(
                "Redis commands and bytes per accepted mail", ["Strategy", "Commands", "Bytes, in and out"],
                asked.map { ($0.title, [.number($0.redis?.commandsPerMail), .bytes($0.redis?.bytesPerMail)]) }),
            draw: { plot.draw(in: $0) })
    }

    /// A bar for each strategy, divided by its processes.
    private static func costs(
        of results: [StrategyResult], name: String, title: String, axis axisTitle: String,
        value: @escaping @Sendable (ProcessCost) -> Double, show: @escaping @Sendable (Double) -> String,
        tick: @escaping @Sendable (Double) -> String, table: DataTable
    ) -> Plot {
        let kinds = results.reduce(into: [String]()) { names, result in
            for process in result.ownProcesses where !names.contains(process.name) { names.append(process.name) }
        }
        let sums = results.map { $0.ownProcesses.reduce(0) { $0 + value($1).orZero } }
        // A seventh is left for the sum after the longest bar.
        let axis = Scale.linear([(sums.max() ?? 0) * 7 / 6], title: axisTitle, show: tick)
        let plot = RowPlot(
            title: title, axis: axis, strip: 1.6, names: results.map(\.title),
            legend: kinds.enumerated().map { ($1, nil, "bar f\($0 % 7)") }
        ) { index, frame, drawing in
            var left = frame.left
            for process in results[index].ownProcesses {
                let width = axis.position(value(process).orZero) * frame.width
                let kind = kinds.firstIndex(of: process.name) ?? 0
                drawing.rectangle(
                    Frame(left: left, top: frame.top, width: width, height: frame.height), "bar f\(kind % 7)")
                if drawing.format.width(of: process.name) < width {
                    let y = frame.top + frame.height / 2 + drawing.format.font * 0.3
                    drawing.text(process.name, left + width / 2, y, "on", anchor: .middle, size: 0.85)
                }
                left += width
            }
            let isKnown = !results[index].ownProcesses.isEmpty
            drawing.value(isKnown ? show(sums[index]) : "unknown", after: left, in: frame)
        }
        return Plot(
            name: name, title: title,
            summary: "A bar for each strategy, divided by its processes. "
                + zip(results, sums).filter { !$0.0.ownProcesses.isEmpty }.map { "\($0.title): \(show($1))." }
                .joined(separator: " "),
            table: table, draw: { plot.draw(in: $0) })
    }
}

extension Drawing {
    /// The value of a bar, after its end.
    fileprivate mutating func value(_ words: String, after x: Double, in frame: Frame) {
        text(words, x + format.font * 0.4, frame.top + frame.height / 2 + format.font * 0.35, size: 0.92)
    }
}

extension Double {
    fileprivate var orZero: Double { isFinite && self > 0 ? self : 0 }
}
