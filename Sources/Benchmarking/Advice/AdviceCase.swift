import BgdemoCore
import BgdemoFoundations

/// What speaks for and against one strategy as the answer to a question.
struct AdviceCase {
    private(set) var inFavour: [String] = []
    private(set) var against: [String] = []

    /// - Parameter row: Of the fault matrix; nil if it was not measured.
    init(_ question: AdviceQuestion, _ result: StrategyResult, _ row: FaultMatrixRow?, _ faults: [FaultName]) {
        if let problem = result.problem, result.fate.accepted == 0 { against.append("it was not measured: \(problem)") }
        judgeAnswers(question, result)
        judgeLoad(result)
        if question.hosts == .many { judgeHosts(result) }
        if let row { judgeFaults(question, row, faults) }
    }

    private mutating func judgeAnswers(_ question: AdviceQuestion, _ result: StrategyResult) {
        guard result.response.count > 0 else { return }
        let figures =
            "answers took \(NumberText.time(result.response.p50)) at p50 and \(NumberText.time(result.response.p99)) at p99"
        if result.response.p99 <= question.answerWithinMilliseconds {
            inFavour.append("\(figures) (response)")
        } else {
            against.append("\(figures) (response), more than \(NumberText.time(question.answerWithinMilliseconds))")
        }
    }

    private mutating func judgeLoad(_ result: StrategyResult) {
        let (fate, mails) = (result.fate, NumberText.count(result.fate.accepted))
        if fate.lost > 0 {
            against.append("\(NumberText.count(fate.lost)) of \(mails) mails were lost without a fault")
        }
        if fate.pending > 0 {
            against.append(
                "\(NumberText.count(fate.pending)) of \(mails) mails were not sent in time: it did not keep up")
        }
        if fate.lost == 0, fate.pending == 0, fate.accepted > 0 {
            inFavour.append(
                "without a fault all \(mails) accepted mails arrived, \(NumberText.time(result.toInbox.p99)) at p99 (toInbox)"
            )
        }
        if let broken = result.sweep.first(where: { !$0.isKept }) {
            inFavour.append("it kept up with less than \(NumberText.rate(broken.rate)) (sweep)")
        }
    }

    private mutating func judgeHosts(_ result: StrategyResult) {
        if result.redis == nil {
            against.append("web server and worker share one host: nothing but its own processes passes the mails on")
        } else {
            inFavour.append("Redis passes the mails on, so that workers may be on other hosts")
        }
    }

    private mutating func judgeFaults(_ question: AdviceQuestion, _ row: FaultMatrixRow, _ faults: [FaultName]) {
        let cells = faults.compactMap { fault in row.cell(of: fault).map { (fault, $0) } }.filter(\.1.applies)
        for (fault, cell) in cells {
            if let problem = cell.problem {
                against.append("no result under \(fault.summary) (\(fault.name)): \(problem)")
            }
            guard cell.fate.lost > 0 else { continue }
            if let words = Self.synced(fault, cell, cells) {
                inFavour.append(words)
                continue
            }
            let words =
                "\(fault.summary): \(NumberText.count(cell.fate.lost)) of \(NumberText.count(cell.fate.accepted)) "
                + "accepted mails lost (\(fault.name))"
            let isAccepted =
                switch question.mayLose {
                case .nothing: false
                case .underWay: fault.name.hasBytePrefix("kill-") || fault.name.hasBytePrefix("power-")
                case .anything: true
                }
            if isAccepted { inFavour.append("accepted: \(words)") } else { against.append(words) }
        }
        let kept = cells.filter { Self.synced($0.0, $0.1, cells) == nil }
        let accepted = kept.reduce(0) { $0 + $1.1.fate.accepted }
        if !kept.isEmpty, kept.allSatisfy({ $0.1.fate.lost == 0 && $0.1.problem == nil }) {
            let twice = kept.reduce(0) { $0 + $1.1.fate.duplicated }
            inFavour.append(
                "none of \(NumberText.count(accepted)) accepted mails was lost under \(NumberText.count(kept.count)) "
                    + "\(kept.count == 1 ? "fault" : "faults"), \(NumberText.count(twice)) arrived twice (fault matrix)"
            )
        }
        for name in ["kill-worker", "kill-server"] {
            guard let (fault, cell) = cells.first(where: { $0.0.name == name }), let mails = cell.interrupted,
                let longest = mails.maxSeconds
            else { continue }
            inFavour.append(
                "\(fault.summary): the mails under way arrived after \(NumberText.seconds(longest)) at most (\(name))")
        }
    }

    /// What makes up for mails that a power failure lost: that none is lost where each is forced to disk before its answer.
    /// Nil where that was not measured, or does not hold.
    private static func synced(
        _ fault: FaultName, _ cell: FaultMatrixCell, _ cells: [(FaultName, FaultMatrixCell)]
    ) -> String? {
        guard fault.name == FaultKind.powerFailure.rawValue, cell.fate.lost > 0,
            let synced = cells.first(where: { $0.0.name == FaultKind.powerFailureSynced.rawValue })?.1,
            synced.fate.lost == 0, synced.problem == nil
        else { return nil }
        return "with appendfsync always, or --spool-sync always, a power failure lost none of "
            + "\(NumberText.count(synced.fate.accepted)) accepted mails (\(FaultKind.powerFailureSynced.rawValue)); as they are "
            + "forced to disk by default, it lost \(NumberText.count(cell.fate.lost)) of "
            + "\(NumberText.count(cell.fate.accepted)) (\(fault.name))"
    }
}
