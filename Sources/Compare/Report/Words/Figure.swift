/// A figure by which strategies are compared, and one run with an earlier one.
package struct Figure: Sendable {
    package let name: String
    let value: @Sendable (StrategyResult) -> Double?
    let show: @Sendable (Double) -> String
    let kind: Kind
    /// Whether less is better; nil where neither is.
    let isLessBetter: Bool?

    /// The tables that they stand in.
    enum Kind: String, Sendable, CaseIterable { case times, mails, costs }

    static let all = [
        Figure("response p50", .times, isLessBetter: true, { $0.response.nonEmpty?.p50 }, Shown.time),
        Figure("response p99", .times, isLessBetter: true, { $0.response.nonEmpty?.p99 }, Shown.time),
        Figure("response p99.9", .times, isLessBetter: true, { $0.response.nonEmpty?.p999 }, Shown.time),
        Figure("uncorrected p99", .times, isLessBetter: true, { $0.uncorrected.nonEmpty?.p99 }, Shown.time),
        Figure("inbox p50", .times, isLessBetter: true, { $0.toInbox.nonEmpty?.p50 }, Shown.time),
        Figure("inbox p99", .times, isLessBetter: true, { $0.toInbox.nonEmpty?.p99 }, Shown.time),
        Figure("drain", .times, isLessBetter: true, { $0.drainSeconds }, Shown.seconds),
        Figure("asked", .mails, isLessBetter: nil, { Double($0.fate.asked) }, count),
        Figure("accepted", .mails, isLessBetter: false, { Double($0.fate.accepted) }, count),
        Figure("refused", .mails, isLessBetter: true, { Double($0.fate.refused) }, count),
        Figure("unanswered", .mails, isLessBetter: true, { Double($0.fate.unanswered) }, count),
        Figure("delivered", .mails, isLessBetter: false, { Double($0.fate.delivered) }, count),
        Figure("lost", .mails, isLessBetter: true, { Double($0.fate.lost) }, count),
        Figure("pending", .mails, isLessBetter: true, { Double($0.fate.pending) }, count),
        Figure("duplicated", .mails, isLessBetter: true, { Double($0.fate.duplicated) }, count),
        Figure(
            "not accepted, but delivered", .mails, isLessBetter: true, { Double($0.fate.deliveredUnaccepted) }, count),
        Figure("reordered", .mails, isLessBetter: true, { Double($0.fate.reordered) }, count),
        Figure("processor", .costs, isLessBetter: true, { $0.sum(\.cpuSeconds) }, Shown.seconds),
        Figure("memory", .costs, isLessBetter: true, { $0.sum { Double($0.peakMemoryBytes) } }, Shown.bytes),
        Figure("Redis commands", .costs, isLessBetter: true, { $0.redis?.commandsPerMail }, Shown.digits),
        Figure("Redis bytes", .costs, isLessBetter: true, { $0.redis?.bytesPerMail }, Shown.bytes),
        Figure("highest rate kept", .costs, isLessBetter: false, { $0.highestRateKept }, Shown.rate),
    ]

    private init(
        _ name: String, _ kind: Kind, isLessBetter: Bool?, _ value: @escaping @Sendable (StrategyResult) -> Double?,
        _ show: @escaping @Sendable (Double) -> String
    ) {
        (self.name, self.kind, self.isLessBetter) = (name, kind, isLessBetter)
        (self.value, self.show) = (value, show)
    }

    private static let count: @Sendable (Double) -> String = {
        Int(exactly: $0.rounded()).map(Shown.count) ?? Shown.digits($0)
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
