/// The results for a terminal: tables with bars, within 100 columns.
public enum TerminalTable {
    public static let columns = 100

    public static func text(_ comparison: Comparison) -> String {
        let results = comparison.strategies
        guard !results.isEmpty else { return "nothing was measured\n" }
        var parts = [speeds(results), fates(results)]
        if let rows = RangeTable.rows(results, runs: comparison.settings.runs ?? 1) {
            parts.append(table(rows, isLeft: [0]))
        }
        if results.contains(where: { !$0.sweep.isEmpty }) { parts.append(sweeps(results)) }
        parts += results.compactMap { result in
            result.problem.map {
                cut("\(result.title): \($0.split(whereSeparator: \.isNewline).joined(separator: "; "))")
            }
        }
        if !comparison.isComplete { parts.append("stopped before the end") }
        return parts.joined(separator: "\n\n") + "\n"
    }

    /// The latencies.
    private static func speeds(_ results: [StrategyResult]) -> String {
        let scale = LogScale(results.flatMap { [$0.response.p50, $0.response.p99] })
        let rows = results.map { result in
            let (answer, inbox) = (result.response, result.toInbox)
            return [result.title, scale.bar(answer.p50, answer.p99, width: barWidth)]
                + [answer.p50, answer.p99, answer.p999, answer.max].map { time($0, answer) }
                + [inbox.p50, inbox.p99].map { time($0, inbox) }
        }
        let head = ["answered after", "", "p50", "p99", "p99.9", "max", "inbox p50", "p99"]
        return table([head] + rows, isLeft: [0, 1])
            + "\n█ to p50, ░ to p99 of the answers, from \(NumberText.time(scale.low)) to \(NumberText.time(scale.high)), logarithmic"
    }

    private static func time(_ milliseconds: Double, _ latency: Latency) -> String {
        latency.count == 0 ? NumberText.none : NumberText.time(milliseconds)
    }

    /// The mails and the costs.
    private static func fates(_ results: [StrategyResult]) -> String {
        let rows = results.map { result in
            let fate = result.fate
            let own = result.ownProcesses
            let cpu = own.reduce(0) { $0 + $1.cpuSeconds }
            let memory = own.reduce(0) { $0 + $1.peakMemoryBytes }
            let isKnown = result.isMatched
            return [
                result.title, NumberText.count(fate.accepted), NumberText.count(fate.asked - fate.accepted),
                isKnown ? NumberText.count(fate.lost) : NumberText.none,
                isKnown ? NumberText.count(fate.duplicated) : NumberText.none,
                isKnown ? NumberText.count(fate.pending) : NumberText.none,
                isKnown ? NumberText.seconds(result.drainSeconds) : NumberText.none,
                own.isEmpty || fate.accepted == 0
                    ? NumberText.none : NumberText.time(cpu * 1000 / Double(fate.accepted)),
                own.isEmpty ? NumberText.none : NumberText.bytes(Double(memory)),
                result.redis.map { NumberText.digits($0.commandsPerMail) } ?? NumberText.none,
            ]
        }
        let head = ["mails", "accepted", "not", "lost", "twice", "late", "drained", "CPU each", "memory", "Redis each"]
        return table([head] + rows, isLeft: [0])
    }

    /// The sweep.
    private static func sweeps(_ results: [StrategyResult]) -> String {
        let rows = results.map { result in
            let kept = result.sweep.last { $0.isKept }
            let broken = result.sweep.first { !$0.isKept }
            return [
                result.title, kept.map { NumberText.rate($0.rate) } ?? NumberText.none,
                kept.map { NumberText.time($0.p99Milliseconds) } ?? NumberText.none,
                broken.map { NumberText.rate($0.rate) } ?? NumberText.none,
                broken.map { NumberText.rate($0.achieved) } ?? NumberText.none,
                broken.map { NumberText.count($0.backlog) } ?? NumberText.none,
            ]
        }
        return table([["rates", "kept", "its p99", "broken", "reached", "backlog"]] + rows, isLeft: [0])
    }

    // MARK: Layout

    private static let barWidth = 20
    private static let nameWidth = 24

    private static func table(_ rows: [[String]], isLeft: Set<Int>) -> String {
        let rows = rows.map { [cut($0[0], to: nameWidth)] + $0.dropFirst() }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            cut(
                row.indices.map { column in
                    let gap = String(repeating: " ", count: widths[column] - row[column].count)
                    return isLeft.contains(column) ? row[column] + gap : gap + row[column]
                }.joined(separator: "  "))
        }.joined(separator: "\n")
    }

    private static func cut(_ text: String, to width: Int = columns) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }
}
