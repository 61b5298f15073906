import BgdemoFoundations

extension FaultMatrixRunner {
    /// The time of the fault since the beginning of the load: the first strike after a second, the others by the seed at 0.5
    /// to 1.5 s.
    func time(ofStrike number: Int) -> Duration {
        guard number > 0 else { return .seconds(1) }
        var random = SeededRandom(seed: SeededRandom.mix(seed) ^ UInt64(number))
        return .milliseconds(500 + Int(random.unit() * 1000))
    }

    /// Runs a subject, injects a fault, and waits for the mails.
    ///
    /// - Returns: Nil if the run was stopped before its end.
    func strike(_ subject: BenchmarkSubject, _ fault: Fault, _ number: Int) async -> StrikeResult? {
        let part = number == 0 ? fault.name : "\(fault.name) \(number)"
        var load = Load(.open(rate: rate), seconds: fault.seconds, seed: seed, part: part)
        load.answerTime = .seconds(20)
        var benchmark = Benchmark(program: program, load: load, inbox: inbox)
        // The workers of 2016 send one mail after the other and need minutes for a backlog; so may an external service.
        let isSlow = subject.semantics == "talk" || subject.semantics == "original" || subject.external != nil
        let limit = Duration.seconds(isSlow ? 180 : 60)
        benchmark.quietPeriod = QuietPeriod(linger: .seconds(2), quiet: fault.quiet, limit: limit)
        // Enough attempts that no mail is given up by chance, and short delays, so that retries end within the wait.
        benchmark.arguments = ["--attempts", "20", "--retry-delay", "100ms", "--retry-cap", "2s"]
        benchmark.conditions = fault.conditions
        if subject.external != nil { benchmark.inboxPort = inboxPort }
        benchmark.stop = stop
        do {
            let planned = time(ofStrike: number)
            var time = planned
            let run = try await benchmark.run(subject) { running in
                try await running.sleep(until: planned)
                try await fault.inject(running) { time = running.now }
            }
            return run.isComplete ? StrikeResult(run, faultAt: time) : nil
        } catch {
            return stop.isSet ? nil : StrikeResult(problem: "\(error)")
        }
    }
}
