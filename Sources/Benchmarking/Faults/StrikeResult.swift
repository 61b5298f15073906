import BgdemoFoundations

/// What one injection of a fault did to the mails of a subject.
struct StrikeResult: Sendable {
    var fate = DeliveryOutcome()
    var deliveredOnce = 0
    /// See ``FaultMatrixCell/recoverySeconds``.
    var recoverySeconds: Double?
    /// From the fault to the arrival of each mail that it interrupted.
    var interruptedSeconds: [Double] = []
    var interruptedLost = 0
    var problem: String?

    init(problem: String) { self.problem = problem }

    /// - Parameter time: Of the fault, since the beginning of the load.
    init(_ run: BenchmarkRun, faultAt time: Duration) {
        (fate, deliveredOnce) = (run.fate, run.deliveredOnce)
        recoverySeconds = run.recovery(from: time).map { $0 / .seconds(1) }
        let interrupted = run.interrupted(at: time)
        interruptedSeconds = interrupted.compactMap { $0.map { $0 / .seconds(1) } }
        // Mails that are late are not lost.
        interruptedLost = fate.pending > 0 ? 0 : interrupted.count - interruptedSeconds.count
        if fate.pending > 0 {
            problem = "\(fate.pending.counted("mail was", "mails were")) still missing after the wait"
        } else if fate.accepted == 0 {
            problem = "no mail was accepted"
        }
    }
}

extension FaultMatrixCell {
    /// - Parameter strikes: Of one fault into one subject, at least one.
    init(fault: String, _ strikes: [StrikeResult]) {
        self.init(fault: fault)
        self.strikes = strikes.count
        fate = strikes.reduce(into: DeliveryOutcome()) { $0.add($1.fate) }
        deliveredOnce = strikes.reduce(0) { $0 + $1.deliveredOnce }
        let recoveries = strikes.compactMap(\.recoverySeconds).sorted()
        recoverySeconds = recoveries.median
        longestRecoverySeconds = recoveries.last
        let seconds = strikes.flatMap(\.interruptedSeconds).sorted()
        let lost = strikes.reduce(0) { $0 + $1.interruptedLost }
        if !seconds.isEmpty || lost > 0 {
            interrupted = InterruptedMails(
                count: seconds.count + lost, lost: lost, p50Seconds: seconds.median, maxSeconds: seconds.last)
        }
        problem = strikes.compactMap(\.problem).first
    }
}

extension DeliveryOutcome {
    fileprivate mutating func add(_ other: DeliveryOutcome) {
        asked += other.asked
        accepted += other.accepted
        refused += other.refused
        unanswered += other.unanswered
        delivered += other.delivered
        lost += other.lost
        pending += other.pending
        duplicated += other.duplicated
        deliveredUnaccepted += other.deliveredUnaccepted
        reordered += other.reordered
    }
}
