/// A figure that compares strategies, and runs.
package struct ReportMetric: Sendable {
    package let name: String
    let value: @Sendable (StrategyResult) -> Double?
    let show: @Sendable (Double) -> String
    let kind: Kind
    /// Whether less is better; nil if neither is.
    let isLessBetter: Bool?

    /// The table that shows it.
    enum Kind: String, Sendable, CaseIterable { case times, mails, costs }

    static let all = [
        ReportMetric("response p50", .times, isLessBetter: true, { $0.response.nonEmpty?.p50 }, NumberText.time),
        ReportMetric("response p99", .times, isLessBetter: true, { $0.response.nonEmpty?.p99 }, NumberText.time),
        ReportMetric("response p99.9", .times, isLessBetter: true, { $0.response.nonEmpty?.p999 }, NumberText.time),
        ReportMetric("uncorrected p99", .times, isLessBetter: true, { $0.uncorrected.nonEmpty?.p99 }, NumberText.time),
        ReportMetric("inbox p50", .times, isLessBetter: true, { $0.toInbox.nonEmpty?.p50 }, NumberText.time),
        ReportMetric("inbox p99", .times, isLessBetter: true, { $0.toInbox.nonEmpty?.p99 }, NumberText.time),
        ReportMetric("drain", .times, isLessBetter: true, { $0.drainSeconds }, NumberText.seconds),
        ReportMetric("asked", .mails, isLessBetter: nil, { Double($0.fate.asked) }, count),
        ReportMetric("accepted", .mails, isLessBetter: false, { Double($0.fate.accepted) }, count),
        ReportMetric("refused", .mails, isLessBetter: true, { Double($0.fate.refused) }, count),
        ReportMetric("unanswered", .mails, isLessBetter: true, { Double($0.fate.unanswered) }, count),
        ReportMetric("delivered", .mails, isLessBetter: false, { Double($0.fate.delivered) }, count),
        ReportMetric("lost", .mails, isLessBetter: true, { Double($0.fate.lost) }, count),
        ReportMetric("pending", .mails, isLessBetter: true, { Double($0.fate.pending) }, count),
        ReportMetric("duplicated", .mails, isLessBetter: true, { Double($0.fate.duplicated) }, count),
        ReportMetric(
            "not accepted, but delivered", .mails, isLessBetter: true, { Double($0.fate.deliveredUnaccepted) }, count),
        ReportMetric("reordered", .mails, isLessBetter: true, { Double($0.fate.reordered) }, count),
        ReportMetric("processor", .costs, isLessBetter: true, { $0.sum(\.cpuSeconds) }, NumberText.seconds),
        ReportMetric("memory", .costs, isLessBetter: true, { $0.sum { Double($0.peakMemoryBytes) } }, NumberText.bytes),
        ReportMetric("Redis commands", .costs, isLessBetter: true, { $0.redis?.commandsPerMail }, NumberText.digits),
        ReportMetric("Redis bytes", .costs, isLessBetter: true, { $0.redis?.bytesPerMail }, NumberText.bytes),
        ReportMetric("highest rate kept", .costs, isLessBetter: false, { $0.highestRateKept }, NumberText.rate),
    ]

    private init(
        _ name: String, _ kind: Kind, isLessBetter: Bool?, _ value: @escaping @Sendable (StrategyResult) -> Double?,
        _ show: @escaping @Sendable (Double) -> String
    ) {
        (self.name, self.kind, self.isLessBetter) = (name, kind, isLessBetter)
        (self.value, self.show) = (value, show)
    }

    private static let count: @Sendable (Double) -> String = {
        Int(exactly: $0.rounded()).map(NumberText.count) ?? NumberText.digits($0)
    }
}

extension Latency {
    fileprivate var nonEmpty: Latency? { count > 0 ? self : nil }
}

extension StrategyResult {
    fileprivate func sum(_ value: (ProcessCost) -> Double) -> Double? {
        ownProcesses.isEmpty ? nil : ownProcesses.reduce(0) { $0 + value($1) }
    }

    fileprivate var highestRateKept: Double? { sweep.prefix(while: \.isKept).last?.rate }
}
