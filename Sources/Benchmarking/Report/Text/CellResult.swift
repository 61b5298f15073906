/// The result of a cell of the fault matrix; the worst that applies.
enum CellResult: Sendable, Hashable {
    case unmeasured(String)
    case lost(Int)
    case doubled(Int)
    case kept
    /// The strategy has nothing that the fault affects.
    case idle

    init(_ cell: FaultMatrixCell) {
        if !cell.applies {
            self = .idle
        } else if let problem = cell.problem {
            self = .unmeasured(problem)
        } else if cell.fate.lost > 0 {
            self = .lost(cell.fate.lost)
        } else if cell.fate.duplicated > 0 {
            self = .doubled(cell.fate.duplicated)
        } else {
            self = .kept
        }
    }

    /// A sign and a word, so that the colour is not needed.
    var words: String {
        switch self {
        case .unmeasured: "? no result"
        case .lost(let count): "✗ \(NumberText.count(count)) lost"
        case .doubled(let count): "✓ \(NumberText.count(count)) twice"
        case .kept: "✓ all once"
        case .idle: NumberText.none
        }
    }

    /// A class of ``Palette``.
    var style: String {
        switch self {
        case .lost: "lost"
        case .doubled: "doubled"
        case .kept: "kept"
        case .idle, .unmeasured: "idle"
        }
    }
}

extension FaultMatrixCell {
    /// Shown below the result: mails accepted, refused, and the recovery time.
    var details: [String] {
        guard applies, problem == nil else { return problem.map { [$0] } ?? [] }
        var details = ["\(NumberText.count(fate.accepted)) accepted"]
        if fate.duplicated > 0, fate.lost > 0 { details.append("\(NumberText.count(fate.duplicated)) twice") }
        if fate.refused > 0 { details.append("\(NumberText.count(fate.refused)) refused") }
        if fate.unanswered > 0 { details.append("\(NumberText.count(fate.unanswered)) unanswered") }
        if fate.deliveredUnaccepted > 0 {
            details.append("\(NumberText.count(fate.deliveredUnaccepted)) delivered though not accepted")
        }
        details.append(recovery)
        details += interrupted.map { [$0.text] } ?? []
        return details
    }
}

extension FaultMatrixCell {
    private var recovery: String {
        guard let recoverySeconds else { return "not recovered" }
        let text = "recovered in \(NumberText.seconds(recoverySeconds))"
        guard let strikes, strikes > 1, let longestRecoverySeconds else { return text }
        return "\(text) (median of \(strikes)), at most \(NumberText.seconds(longestRecoverySeconds))"
    }
}

extension InterruptedMails {
    /// `12 mails under way came after 285 ms (median), at most 1.10 s; 3 were lost`
    fileprivate var text: String {
        let mails = "\(NumberText.count(count)) \(count == 1 ? "mail" : "mails") under way"
        guard let p50Seconds, let maxSeconds else { return "\(mails) lost" }
        let times = "came after \(NumberText.seconds(p50Seconds)) (median), at most \(NumberText.seconds(maxSeconds))"
        return "\(mails) \(times)" + (lost > 0 ? "; \(NumberText.count(lost)) lost" : "")
    }
}

extension FaultMatrixRow {
    /// `resque`, `resque (talk)`
    var title: String { semantics == "talk" ? "\(strategy) (talk)" : strategy }

    /// The cell in the column of `fault`; nil if it was not run.
    func cell(of fault: FaultName) -> FaultMatrixCell? { cells.first { $0.fault == fault.name } }
}
