import BgdemoCore

/// Which strategy fits a question, by the figures of one comparison. Each sentence names the figure or the cell of the fault
/// matrix that it rests on.
public struct Advice: Sendable, Hashable {
    /// A strategy and why it fits or does not.
    public struct Finding: Sendable, Hashable {
        public let strategy: String
        public let reasons: [String]
    }

    public let question: AdviceQuestion
    /// Those that fit, in the order of the comparison: the simplest first.
    public private(set) var fitting: [Finding] = []
    /// Those that do not, with each reason.
    public private(set) var excluded: [Finding] = []
    /// What the comparison does not answer.
    public private(set) var caveats: [String] = []

    /// - Parameter comparison: Of `bgdemo compare --chaos`. What it did not measure is a caveat.
    public init(_ question: AdviceQuestion, _ comparison: Comparison) {
        self.question = question
        for result in comparison.strategies where result.semantics == nil || result.semantics == "safe" {
            let row = comparison.fates?.rows.first {
                $0.strategy == result.name && $0.semantics == result.semantics
            }
            let judgement = AdviceCase(question, result, row, comparison.fates?.faults ?? [])
            if judgement.against.isEmpty {
                fitting.append(Finding(strategy: result.title, reasons: judgement.inFavour))
            } else {
                excluded.append(Finding(strategy: result.title, reasons: judgement.against))
            }
        }
        // A file of chaos has no latencies, and what is not known is no verdict.
        if !comparison.strategies.contains(where: { $0.response.count > 0 }) {
            caveats.append("No strategy was measured here: compare --chaos --json measures them and tries the faults.")
        }
        if comparison.fates == nil {
            caveats.append("Faults were not tried; bgdemo compare --chaos does.")
        } else if question.mayLose == .nothing {
            let isPowered = comparison.fates?.faults.contains { $0.name == FaultKind.powerFailure.rawValue } ?? false
            caveats.append(
                "No lost mail in a cell means that none was lost in that run. \(isPowered ? "A" : "A power failure and a") "
                    + "lost disk \(isPowered ? "was" : "were") not tried.")
        }
        if !comparison.isComplete { caveats.append("The comparison was stopped before its end.") }
    }

    /// The advice as lines of text.
    public var lines: [String] {
        var lines = ["Asked: \(question.text).", ""]
        if let first = fitting.first {
            lines.append("Take \(first.strategy), the simplest that fits:")
            lines += first.reasons.map { "  - \($0)" }
            for other in fitting.dropFirst() {
                lines += ["", "\(other.strategy) fits too:"] + other.reasons.map { "  - \($0)" }
            }
        } else {
            lines.append("No measured strategy fits.")
        }
        for other in excluded { lines += ["", "Not \(other.strategy):"] + other.reasons.map { "  - \($0)" } }
        if !caveats.isEmpty { lines += [""] + caveats }
        return lines
    }
}
