extension StrategyResult {
    /// What a load has shown of a strategy.
    init(_ contender: Contender, _ bout: Bout) {
        self.init(name: contender.name, semantics: contender.semantics)
        var (response, uncorrected) = (LatencyHistogram(), LatencyHistogram())
        var (toInbox, sending) = (LatencyHistogram(), LatencyHistogram())
        for entry in bout.entries where entry.sent >= 0 {
            sending.record(entry.sent - entry.due)
            if entry.arrived >= 0 { toInbox.record(entry.arrived - entry.due) }
            statuses["\(entry.status)", default: 0] += 1
            guard entry.answered >= 0 else { continue }
            response.record(entry.answered - entry.due)
            uncorrected.record(entry.answered - entry.sent)
        }
        (self.response, self.uncorrected) = (response.latency, uncorrected.latency)
        (self.toInbox, self.sending) = (toInbox.latency, sending.latency)
        isMatched = bout.isMatched
        fate = bout.fate
        timeline = bout.timeline
        drainSeconds = bout.drainSeconds
        processes = bout.processes
        journey = bout.journey
        if let redis = bout.redis, fate.accepted > 0 {
            self.redis = RedisCost(
                commandsPerMail: Double(redis.commands) / Double(fate.accepted),
                bytesPerMail: Double(redis.bytes) / Double(fate.accepted))
        }
        problem = bout.problem
    }
}

extension Bout {
    /// What the figures do not say by themselves.
    var problem: String? {
        guard isComplete else { return "stopped before the end" }
        guard fate.accepted > 0 else {
            let statuses = Set(entries.map(\.status)).sorted().map { $0 == 0 ? "no answer" : "\($0)" }
            return "no request was answered with 200, but with \(statuses.joined(separator: ", "))"
        }
        return fate.pending > 0
            ? "\(fate.pending) mails were still on their way when the wait after the load was over" : nil
    }
}
