import BgdemoCore

/// A comparison in sentences, the most important first.
public enum Summary {
    public static func sentences(of comparison: Comparison) -> [String] {
        let results = comparison.strategies
        var sentences: [String] = []
        if !comparison.isComplete {
            sentences.append("The run was stopped before its end. These are the results until then.")
        }
        if results.isEmpty, comparison.fates == nil { sentences.append("Nothing was measured.") }
        sentences += [answers(results), arrivals(results), losses(results), backlogs(results)].compactMap { $0 }
        sentences += sweeps(results)
        sentences += comparison.fates.map(fates) ?? []
        sentences += results.compactMap { result in
            result.problem.map { "\(result.title) had a problem: \($0.withoutStop)." }
        }
        return sentences
    }

    /// The load in one line.
    public static func load(_ settings: ComparisonSettings) -> String {
        let load =
            settings.rate.map {
                "\(NumberText.rate($0).dropLast(2)) requests per second, each sent when due whatever became of earlier ones"
            }
            ?? settings.concurrency.map { "\(NumberText.count($0)) clients that each wait for their answer" }
            ?? "no load"
        let failing =
            settings.smtpFailRate > 0
            ? " and refuses \(NumberText.digits(settings.smtpFailRate * 100)) % with a temporary error" : ""
        let time = settings.seconds > 0 ? ", for \(NumberText.seconds(settings.seconds)) each" : ""
        let distances = [
            ("Redis", settings.redisLatencyMilliseconds), ("the mail server", settings.smtpLatencyMilliseconds),
        ]
        .compactMap { name, latency in latency.map { "; \(name) is \(NumberText.time($0)) away" } }.joined()
        let cuts =
            settings.cutEverySeconds.map {
                "; each connection to them is cut after \(NumberText.seconds($0)) on average"
            } ?? ""
        return "\(load)\(time); the mail server takes "
            + "\(NumberText.time(settings.smtpDelayMilliseconds)) for a mail\(failing)\(distances)\(cuts)"
    }

    private static func answers(_ results: [StrategyResult]) -> String? {
        let answered = results.filter { $0.response.count > 0 }.sorted { $0.response.p50 < $1.response.p50 }
        guard let fastest = answered.first, let slowest = answered.last else { return nil }
        guard answered.count > 1 else {
            return
                "\(fastest.title) answers in \(NumberText.time(fastest.response.p50)) (median); one in a hundred takes more "
                + "than \(NumberText.time(fastest.response.p99))."
        }
        let ratio = slowest.response.p50 / fastest.response.p50
        let times = ratio.isFinite && ratio >= 2 ? ", \(NumberText.digits(ratio)) times as long as" : ";"
        return "\(slowest.title) takes \(NumberText.time(slowest.response.p50)) to answer (median)\(times) "
            + "\(fastest.title) with \(NumberText.time(fastest.response.p50))."
    }

    private static func arrivals(_ results: [StrategyResult]) -> String? {
        let come = results.filter { $0.toInbox.count > 0 }.sorted { $0.toInbox.p50 < $1.toInbox.p50 }
        guard let first = come.first, let last = come.last else { return nil }
        guard come.count > 1 else {
            return
                "Its mail is in the inbox after \(NumberText.time(first.toInbox.p50)) (median); one in a hundred takes more "
                + "than \(NumberText.time(first.toInbox.p99))."
        }
        let late = come.map(\.toInbox.p99).sorted()
        return "The mail itself is in the inbox after \(NumberText.time(first.toInbox.p50)) (\(first.title)) to "
            + "\(NumberText.time(last.toInbox.p50)) (\(last.title)); one in a hundred takes more than "
            + "\(NumberText.time(late[0])) to \(NumberText.time(late[late.count - 1]))."
    }

    private static func losses(_ results: [StrategyResult]) -> String? {
        guard results.contains(where: { $0.fate.accepted > 0 }) else { return nil }
        let lost = results.filter { $0.fate.lost > 0 }.map {
            "\($0.title) \(NumberText.count($0.fate.lost)) of \(NumberText.count($0.fate.accepted))"
        }
        let twice = results.filter { $0.fate.duplicated > 0 }.map {
            "\($0.title) \(NumberText.count($0.fate.duplicated))"
        }
        let first = lost.isEmpty ? "No accepted mail was lost" : "Accepted mails that were lost: \(lost.listed)"
        return first + (twice.isEmpty ? "." : "; sent more than once: \(twice.listed).")
    }

    private static func backlogs(_ results: [StrategyResult]) -> String? {
        // Up to half a second of mails is explained by the mail server's delay.
        let late = results.filter { result in
            guard let last = result.timeline.last else { return false }
            return result.drainSeconds > 1 && last.backlog > last.sent / 2
        }.map {
            "\($0.title) \(NumberText.count($0.timeline.last?.backlog ?? 0)) (\(NumberText.seconds($0.drainSeconds)))"
        }
        return late.isEmpty
            ? nil
            : "Mails that still waited at the end of the load, and the time until the last one arrived: \(late.listed)."
    }

    private static func sweeps(_ results: [StrategyResult]) -> [String] {
        let swept = results.filter { !$0.sweep.isEmpty }
        let kept = swept.filter { $0.sweep.allSatisfy(\.isKept) }
        let most = kept.compactMap { $0.sweep.last?.rate }.min()
        return swept.filter { !$0.sweep.allSatisfy(\.isKept) }.map(\.breakingPoint)
            + (most.map { ["Up to \(NumberText.rate($0)) kept up: \(kept.map(\.title).listed)."] } ?? [])
    }

    private static func fates(_ matrix: FaultMatrix) -> [String] {
        let cells = matrix.rows.flatMap { row in row.cells.filter(\.applies).map { (row, $0) } }
        let guaranteed = cells.filter(\.1.mustLoseNothing)
        let broken = guaranteed.filter { !$0.1.isKept }.map { row, cell in "\(row.title) under \(cell.fault)" }
        let losers = matrix.rows.filter { row in row.cells.contains { $0.fate.lost > 0 } }.map(\.title)
        return [
            broken.isEmpty
                ? "Of \(NumberText.count(cells.count)) cells of the fault matrix, \(NumberText.count(guaranteed.count)) must lose "
                    + "no accepted mail, and none did."
                : "Of \(NumberText.count(guaranteed.count)) cells of the fault matrix that must lose no accepted mail, "
                    + "\(NumberText.count(broken.count)) did: \(broken.listed).",
            losers.isEmpty ? nil : "Under at least one fault, mails were lost by \(losers.listed).",
            victims(matrix),
        ].compactMap { $0 }
    }

    /// How long the mails took that a killed worker was sending.
    private static func victims(_ matrix: FaultMatrix) -> String? {
        let come = matrix.rows.compactMap { row in
            row.cells.first { $0.fault == FaultKind.killWorker.rawValue }?.interrupted?.maxSeconds.map {
                (title: row.title, seconds: $0)
            }
        }.sorted { $0.seconds < $1.seconds }
        guard let first = come.first, let last = come.last else { return nil }
        let to = come.count > 1 ? " to \(NumberText.seconds(last.seconds)) (\(last.title))" : ""
        return "The mails that a killed worker was sending came within \(NumberText.seconds(first.seconds)) "
            + "(\(first.title))\(to) of its end, where they were not lost."
    }
}

extension [String] {
    /// `a, b and c`
    fileprivate var listed: String {
        count > 1 ? "\(dropLast().joined(separator: ", ")) and \(self[count - 1])" : first ?? ""
    }
}

extension String {
    fileprivate var withoutStop: Substring { hasSuffix(".") ? dropLast() : self[...] }
}
