import BgdemoSMTPInbox

/// Finds the rate that a subject cannot keep up with: one load after another, each on fresh processes.
extension Benchmark {
    /// - Parameter rates: Requests a second. Tried in rising order until the subject does not keep up.
    /// - Returns: The rates tried. The subject did not keep up with the last one, or kept up with all.
    /// - Throws: ``BenchmarkError`` if the subject cannot be run.
    public func sweep(_ subject: BenchmarkSubject, rates: [Double]) async throws -> [SweepStep] {
        var steps: [SweepStep] = []
        for rate in rates.sorted() where steps.allSatisfy(\.isKept) && !stop.isSet {
            var benchmark = self
            benchmark.load = Load(
                .open(rate: rate), seconds: min(load.seconds, 5), seed: load.seed, part: "sweep \(rate)")
            benchmark.mailsAtATime = max(mailsAtATime, Self.mailsAtATime(benchmark.load, inbox))
            benchmark.load.connections = max(load.connections, 2 * benchmark.mailsAtATime)
            // A late mail already shows that the subject did not keep up.
            benchmark.quietPeriod.quiet = min(quietPeriod.quiet, quietPeriod.linger + .seconds(1))
            benchmark.quietPeriod.limit = benchmark.quietPeriod.quiet
            let run = try await benchmark.run(subject)
            if run.isComplete { steps.append(SweepStep(rate, run, mailTime: inbox.delay.mean / .seconds(1))) }
        }
        return steps
    }
}

extension SweepStep {
    /// A subject keeps up if at the end no more mails are under way than are due in the time of one mail plus half a
    /// second.
    ///
    /// - Parameter mailTime: The seconds that the mail server takes for one mail.
    fileprivate init(_ rate: Double, _ run: BenchmarkRun, mailTime: Double) {
        let end = Int64(run.load.seconds * 1e9)
        let asked = run.entries.filter { $0.sent >= 0 }
        let answered = asked.count { $0.isAccepted && $0.answered <= end }
        let done = asked.count {
            $0.isAccepted && $0.answered <= end && (!run.isMatched || (0...end).contains($0.arrived))
        }
        let delivered = asked.count { (0...end).contains($0.arrived) && $0.isAccepted }
        var response = LatencyHistogram()
        for entry in asked where entry.answered >= 0 { response.record(entry.answered - entry.due) }
        let hasRefused = asked.contains { !$0.isAccepted }
        self.init(
            rate: rate, achieved: Double(answered) / run.load.seconds, p99Milliseconds: response.milliseconds(at: 99),
            backlog: run.isMatched ? max(0, answered - delivered) : 0,
            isKept: !hasRefused && Double(run.entries.count - done) <= rate * (mailTime + 0.5) + 1)
    }
}
