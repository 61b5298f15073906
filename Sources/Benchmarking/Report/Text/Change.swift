/// The difference of a figure of one strategy between two runs.
public struct Change: Sendable, Hashable {
    public enum Trend: String, Sendable { case better, worse, different, same }

    /// `resque (talk)`
    public let strategy: String
    /// `response p99`
    public let figure: String
    public let old: Double
    public let new: Double
    /// With its unit.
    public let oldText: String
    public let newText: String
    public let trend: Trend
    /// By the rank test over the runs of both; nil if one of them has fewer than five.
    public let pValue: Double?

    /// `new / old`; nil if `old` is 0.
    public var ratio: Double? { old > 0 && new >= 0 ? new / old : nil }

    /// Of the rank test. Some 150 figures are compared, so one or two differ by chance.
    static let significance = 0.01
    /// Fewer runs can never be significant.
    static let leastRuns = 5
    /// Of single runs: a smaller relative difference counts as none: two runs of one program differ by that much.
    static let tolerance = 0.05

    /// For each figure and each strategy that both runs have.
    public static func all(from old: Comparison, to new: Comparison) -> [Change] {
        let before = Dictionary(old.strategies.map { ($0.title, $0) }, uniquingKeysWith: { first, _ in first })
        return new.strategies.flatMap { result in
            ReportMetric.all.compactMap { figure in
                guard let old = before[result.title], let from = old.median(of: figure),
                    let to = result.median(of: figure), from.isFinite, to.isFinite
                else { return nil }
                let samples = (old.samples?[figure.name] ?? [], result.samples?[figure.name] ?? [])
                let isRepeated = min(samples.0.count, samples.1.count) >= leastRuns
                return Change(
                    strategy: result.title, figure, from: from, to: to,
                    pValue: isRepeated ? RankTest.pValue(samples.0, samples.1) : nil)
            }
        }
    }

    private init(
        strategy: String, _ figure: ReportMetric, from old: Double, to new: Double, pValue: Double?
    ) {
        self.pValue = pValue
        self.strategy = strategy
        self.figure = figure.name
        (self.old, self.new, oldText, newText) = (old, new, figure.show(old), figure.show(new))
        let isSame =
            pValue.map { $0 >= Self.significance } ?? (abs(new - old) <= max(abs(old), abs(new)) * Self.tolerance)
        if isSame || old == new {
            trend = .same
        } else {
            trend = figure.isLessBetter.map { (new < old) == $0 ? .better : .worse } ?? .different
        }
    }

    /// Whether all changes are judged by the rank test.
    static func areRepeated(_ changes: [Change]) -> Bool { !changes.isEmpty && changes.allSatisfy { $0.pValue != nil } }

    /// Sentences on what differs in the conditions of the two runs.
    public static func caveats(from old: Comparison, to new: Comparison) -> [String] {
        func differ<Value: Equatable>(_ name: String, _ path: KeyPath<Comparison, Value>) -> String? {
            old[keyPath: path] == new[keyPath: path]
                ? nil : "\(name): \(old[keyPath: path].text), now \(new[keyPath: path].text)."
        }
        let titles = (Set(old.strategies.map(\.title)), Set(new.strategies.map(\.title)))
        let alone = titles.0.symmetricDifference(titles.1).sorted()
        return [
            differ("Another machine", \.machine.processor), differ("Another number of cores", \.machine.cores),
            differ("Another rate", \.settings.rate), differ("Another concurrency", \.settings.concurrency),
            differ("Another duration in seconds", \.settings.seconds), differ("Another seed", \.settings.seed),
            differ("Another delay of the mail server in ms", \.settings.smtpDelayMilliseconds),
            differ("Another rate of failure", \.settings.smtpFailRate),
            old.isComplete ? nil : "The earlier run was stopped before its end.",
            alone.isEmpty ? nil : "Only in one of the runs: \(alone.joined(separator: ", ")).",
        ].compactMap { $0 }
    }
}

extension Equatable {
    fileprivate var text: String {
        switch self {
        case let number as Double: NumberText.digits(number)
        case let number as Double?: number.map { NumberText.digits($0) } ?? "none"
        case let number as Int?: number.map { NumberText.count($0) } ?? "none"
        default: "\(self)"
        }
    }
}

extension StrategyResult {
    /// Over the runs; of one run the figure itself.
    fileprivate func median(of metric: ReportMetric) -> Double? {
        samples?[metric.name]?.median ?? metric.value(self)
    }
}
