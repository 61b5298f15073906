import Inbox

/// Finds the rate at which a strategy breaks: one load after another, each on fresh processes.
extension Contest {
    /// - Parameter rates: Tried from the lowest on, until one is not kept.
    /// - Returns: The rates tried, the last of which is not kept where it breaks at all.
    public func sweep(_ contender: Contender, rates: [Double]) async throws -> [SweepStep] {
        var steps: [SweepStep] = []
        for rate in rates.sorted() where steps.allSatisfy(\.isKept) && !stop.isSet {
            var contest = self
            contest.load = Load(
                .open(rate: rate), seconds: min(load.seconds, 5), seed: load.seed, part: "sweep \(rate)")
            contest.mailsAtATime = max(mailsAtATime, Self.mailsAtATime(contest.load, inbox))
            contest.load.connections = max(load.connections, 2 * contest.mailsAtATime)
            // What is late has lost already.
            contest.patience.quiet = min(patience.quiet, patience.linger + .seconds(1))
            contest.patience.limit = contest.patience.quiet
            let bout = try await contest.run(contender)
            if bout.isComplete { steps.append(SweepStep(rate, bout, mailTime: inbox.delay.mean / .seconds(1))) }
        }
        return steps
    }
}

extension SweepStep {
    /// Who keeps up has at the end no more mails on their way than come in during the time that one mail takes, and
    /// half a second for whatever waits for its turn.
    ///
    /// - Parameter mailTime: The seconds that the mail server takes for one mail.
    fileprivate init(_ rate: Double, _ bout: Bout, mailTime: Double) {
        let end = Int64(bout.load.seconds * 1e9)
        let asked = bout.entries.filter { $0.sent >= 0 }
        let answered = asked.count { $0.isAccepted && $0.answered <= end }
        let done = asked.count {
            $0.isAccepted && $0.answered <= end && (!bout.isMatched || (0...end).contains($0.arrived))
        }
        let delivered = asked.count { (0...end).contains($0.arrived) && $0.isAccepted }
        var response = LatencyHistogram()
        for entry in asked where entry.answered >= 0 { response.record(entry.answered - entry.due) }
        let hasRefused = asked.contains { !$0.isAccepted }
        self.init(
            rate: rate, achieved: Double(answered) / bout.load.seconds, p99Milliseconds: response.milliseconds(at: 99),
            backlog: bout.isMatched ? max(0, answered - delivered) : 0,
            isKept: !hasRefused && Double(bout.entries.count - done) <= rate * (mailTime + 0.5) + 1)
    }
}
