import BgdemoFoundations
public import BgdemoSystemCompat

/// The results for a terminal: tables with bars. Columns that do not fit go into a further table.
public struct TerminalTable: Sendable {
    /// The widest that is read with ease, and the width where there is no terminal.
    public static let columns = 100

    private let width: Int
    private let style: TerminalStyle

    /// - Parameter width: Of the terminal, nil where there is none. More than 100 counts as 100.
    public static func text(_ comparison: Comparison, width: Int? = nil, style: TerminalStyle = .plain) -> String {
        TerminalTable(width: min(width ?? columns, columns), style: style).text(comparison)
    }

    private func text(_ comparison: Comparison) -> String {
        let results = comparison.strategies
        guard !results.isEmpty else { return "nothing was measured\n" }
        var parts = [speeds(results), fates(results)]
        if let rows = RangeTable.rows(results, runs: comparison.settings.runs ?? 1) {
            parts.append(table(rows))
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
    private func speeds(_ results: [StrategyResult]) -> String {
        let scale = LogScale(results.flatMap { [$0.response.p50, $0.response.p99] })
        let rows = results.map { result in
            let (answer, inbox) = (result.response, result.toInbox)
            return [result.title]
                + [answer.p50, answer.p99, answer.p999, answer.max].map { time($0, answer) }
                + [inbox.p50, inbox.p99].map { time($0, inbox) }
        }
        let all = [["answered after", "p50", "p99", "p99.9", "max", "inbox p50", "p99"]] + rows
        let room = width - Self.widths(all).reduce(0) { $0 + $1 + TextLayout.gap.count }
        guard room >= Self.leastBar else { return table(all) }
        let length = min(room, Self.barWidth)
        let bars = results.map { scale.bar($0.response.p50, $0.response.p99, width: length) }
        let barred = zip(all, [String(repeating: " ", count: length)] + bars).map { [$0[0], $1] + $0.dropFirst() }
        let legend =
            "█ to p50, ░ to p99 of the answers, from \(NumberText.time(scale.low)) to \(NumberText.time(scale.high)), logarithmic"
        return table(barred) + "\n" + TextLayout.wrapped(legend, to: width)
    }

    private func time(_ milliseconds: Double, _ latency: Latency) -> String {
        latency.count == 0 ? NumberText.none : NumberText.time(milliseconds)
    }

    /// The mails and the costs.
    private func fates(_ results: [StrategyResult]) -> String {
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
        return table([head] + rows)
    }

    /// The sweep.
    private func sweeps(_ results: [StrategyResult]) -> String {
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
        return table([["rates", "kept", "its p99", "broken", "reached", "backlog"]] + rows)
    }

    // MARK: Layout

    private static let barWidth = 20
    /// Shorter bars say nothing.
    private static let leastBar = 8
    private static let nameWidth = 24

    private static func widths(_ rows: [[String]]) -> [Int] {
        (rows.first ?? []).indices.map { column in
            let widest = rows.map { $0[column].count }.max() ?? 0
            return column == 0 ? min(widest, nameWidth) : widest
        }
    }

    /// A table of figures, the first row its head. What is too wide goes into further ones, with the names again.
    private func table(_ rows: [[String]]) -> String {
        let widths = Self.widths(rows)
        var parts: [[Int]] = [[]]
        var used = widths.first ?? 0
        for column in widths.indices.dropFirst() {
            let needed = widths[column] + TextLayout.gap.count
            if used + needed > width, parts.last?.isEmpty == false {
                parts.append([])
                used = widths.first ?? 0
            }
            parts[parts.count - 1].append(column)
            used += needed
        }
        return parts.map { columns in
            let lines = rows.map { line($0, widths, columns) }
            return ([style(lines.first ?? "", .bold)] + lines.dropFirst()).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    private func line(_ row: [String], _ widths: [Int], _ columns: [Int]) -> String {
        let name = TextLayout.cut(row[0], to: widths[0])
        let cells = columns.map { String(repeating: " ", count: widths[$0] - row[$0].count) + row[$0] }
        let gap = String(repeating: " ", count: widths[0] - name.count)
        return cut(([name + gap] + cells).joined(separator: TextLayout.gap))
    }

    private func cut(_ text: String) -> String { TextLayout.cut(text, to: width) }
}
