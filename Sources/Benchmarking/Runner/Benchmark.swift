public import BgdemoSMTPInbox

/// The rules under which every strategy is run: the same load, the same mail server, the same patience.
public struct Benchmark: Sendable {
    /// The file of `bgdemo`.
    public var program: String
    public var load: Load
    public var inbox: InboxSettings
    /// Of the inbox; 0 for any. Mails of a service that runs already are awaited only where it could be told the port.
    public var inboxPort = 0
    /// Mails in hand at a time, and connections to the mail server: enough that neither is what is measured.
    public var mailsAtATime: Int
    public var quietPeriod: QuietPeriod
    /// Further words for `bgdemo serve`.
    public var arguments: [String] = []
    public var stop = StopFlag()
    /// Told twice a second how it goes.
    public var progress: @Sendable (LoadProgress) -> Void = { _ in }

    public init(program: String, load: Load, inbox: InboxSettings) {
        (self.program, self.load, self.inbox) = (program, load, inbox)
        mailsAtATime = Self.mailsAtATime(load, inbox)
        // Who waits for the mail server keeps a connection for each mail.
        self.load.connections = max(load.connections, 2 * mailsAtATime)
        let mail = inbox.delay.mean
        quietPeriod = QuietPeriod(
            linger: mail + .milliseconds(300), quiet: mail * 4 + .seconds(5), limit: mail * 4 + .seconds(30))
    }

    /// Twice as many as are under way when all keep up (Little's law), and the 50 of the program's own defaults at least.
    static func mailsAtATime(_ load: Load, _ inbox: InboxSettings) -> Int {
        switch load.pace {
        case .open(let rate): max(50, min(10_000, Int(2 * rate * (inbox.delay.mean / .seconds(1)))))
        case .closed(let concurrency): max(50, min(10_000, concurrency))
        }
    }

    /// Runs one strategy in fresh processes under the load.
    ///
    /// - Parameter during: Runs beside the load, from its beginning; the benchmark ends when both are over. Faults are
    ///   injected here.
    /// - Returns: What became of every mail, and what the processes took.
    /// - Throws: ``BenchmarkError`` where it can't be run, and what `during` throws. No process is left in any case.
    public func run(
        _ subject: BenchmarkSubject, during: (RunningSubject) async throws -> Void = { _ in }
    ) async throws -> BenchmarkRun {
        try await host(subject) { running in
            try await warmUp(running)
            return try await measure(load, running, during: during)
        }
    }

    /// Runs one strategy in fresh processes for as long as `body` runs.
    func host<Result>(
        _ subject: BenchmarkSubject, _ body: (RunningSubject) async throws -> Result
    ) async throws -> Result {
        try await BenchmarkWorkspace.open { workspace in
            let mailServer = try await TestMailServer.open(inbox, port: inboxPort, in: workspace.backgroundTasks)
            let running = try await RunningSubject.start(
                subject, program: program, mailsAtATime: mailsAtATime, arguments: arguments, inbox: mailServer,
                in: workspace)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(running)) } catch { result = .failure(error) }
            await running.end()
            await mailServer.close()
            return try result.get()
        }
    }

    /// A few mails from end to end, which are not counted: connections are open, and everyone listens.
    func warmUp(_ running: RunningSubject) async throws {
        var load = Load(.open(rate: 50), seconds: 0.2, seed: self.load.seed, part: "warm-up")
        load.arrivals = .even
        load.answerTime = min(self.load.answerTime, .seconds(10))
        var benchmark = self
        benchmark.quietPeriod = QuietPeriod(quiet: quietPeriod.quiet, limit: quietPeriod.quiet)
        benchmark.progress = { _ in }
        _ = try await benchmark.measure(load, running) { _ in }
    }

    /// Loads a running, and waits until its mails are in the inbox, or there is no more hope.
    func measure(
        _ load: Load, _ running: RunningSubject, during: (RunningSubject) async throws -> Void
    ) async throws -> BenchmarkRun {
        let recorder = DeliveryRecorder(run: load.run, isMatched: awaits(running.subject))
        running.mailServer.add(recorder)
        running.attend(recorder, stop)
        let sampler = ProcessSampler()
        await sampler.begin(running)
        let before = await RedisStats.read(running.redis)
        let (end, isDone) = try await attend(load, recorder, running, sampler, during)
        await sampler.look(running)
        let after = await RedisStats.read(running.redis)
        return BenchmarkRun(
            load: load, isMatched: awaits(running.subject), entries: recorder.entries, counts: recorder.counts,
            end: end - recorder.origin, isDone: isDone, processes: sampler.costs,
            redis: before.flatMap { after?.since($0) }, isComplete: !stop.isSet)
    }

    /// - Returns: When the last answer had come, and whether nothing more was to be waited for.
    private func attend(
        _ load: Load, _ recorder: DeliveryRecorder, _ running: RunningSubject, _ sampler: ProcessSampler,
        _ during: (RunningSubject) async throws -> Void
    ) async throws -> (end: Int64, isDone: Bool) {
        let generator = LoadGenerator(load: load, target: running.target, recorder: recorder, stop: stop)
        async let end = generator.run()
        // Cancelled when this returns.
        async let _ = sampler.work(running, recorder, load, progress)
        do { try await during(running) } catch is CancellationError where stop.isSet {}
        let time = try await end
        let isMatched = awaits(running.subject)
        return (time, isMatched ? await quietPeriod.wait(for: recorder, stop) : true)
    }

    /// Whether its mails are awaited in the inbox.
    private func awaits(_ subject: BenchmarkSubject) -> Bool {
        if case .external = subject.deployment { inboxPort != 0 } else { true }
    }
}

extension ReplyDelay {
    /// The time that a mail takes on average.
    public var mean: Duration {
        switch self {
        case .none: .zero
        case .fixed(let time): time
        case .uniform(let low, let high): (low + high) / 2
        case .exponential(let mean): mean
        case .normal(let mean, _): mean
        }
    }
}
