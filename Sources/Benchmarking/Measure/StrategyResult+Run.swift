import BgdemoFoundations

extension StrategyResult {
    /// The result of a run.
    init(_ subject: BenchmarkSubject, _ run: BenchmarkRun) {
        self.init(name: subject.name, semantics: subject.semantics)
        var (response, uncorrected) = (LatencyHistogram(), LatencyHistogram())
        var (toInbox, sending) = (LatencyHistogram(), LatencyHistogram())
        for entry in run.entries where entry.sent >= 0 {
            sending.record(entry.sent - entry.due)
            if entry.arrived >= 0 { toInbox.record(entry.arrived - entry.due) }
            statuses["\(entry.status)", default: 0] += 1
            guard entry.answered >= 0 else { continue }
            response.record(entry.answered - entry.due)
            uncorrected.record(entry.answered - entry.sent)
        }
        (self.response, self.uncorrected) = (response.latency, uncorrected.latency)
        (self.toInbox, self.sending) = (toInbox.latency, sending.latency)
        isMatched = run.isMatched
        fate = run.fate
        timeline = run.timeline
        drainSeconds = run.drainSeconds
        processes = run.processes
        journey = run.journey
        if let redis = run.redis, fate.accepted > 0 {
            self.redis = RedisCost(
                commandsPerMail: Double(redis.commands) / Double(fate.accepted),
                bytesPerMail: Double(redis.bytes) / Double(fate.accepted))
        }
        problem = run.problem
    }
}

extension BenchmarkRun {
    /// What the figures do not show; nil if there is nothing.
    var problem: String? {
        guard isComplete else { return "stopped before the end" }
        guard fate.accepted > 0 else {
            let statuses = Set(entries.map(\.status)).sorted().map { $0 == 0 ? "no answer" : "\($0)" }
            return "no request was answered with 200, only with \(statuses.joined(separator: ", "))"
        }
        return fate.pending > 0
            ? "\(fate.pending.counted("mail was", "mails were")) still missing at the end of the wait after the load"
            : nil
    }
}
