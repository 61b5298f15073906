public import BgdemoSMTPInbox

/// The conditions that are the same for every subject: load, mail server, and the wait for mails after the load.
public struct Benchmark: Sendable {
    /// The path of `bgdemo`.
    public var program: String
    public var load: Load
    public var inbox: InboxSettings
    /// Of the inbox; 0 for a free one. The mails of an external service are awaited only with a fixed port. Default: 0.
    public var inboxPort = 0
    /// Mails that a worker sends at a time, and connections to the mail server: enough that neither limits the result.
    public var mailsAtATime: Int
    public var quietPeriod: QuietPeriod
    /// Further arguments of `bgdemo serve`. Default: none.
    public var arguments: [String] = []
    /// Between the subject's processes and its Redis. Default: loopback.
    public var redisNetwork = NetworkConditions()
    /// Between the subject's processes and the mail server. Default: loopback.
    public var smtpNetwork = NetworkConditions()
    /// Default: as by default.
    var conditions = RunConditions()
    public var stop = StopFlag()
    /// Called twice a second.
    public var progress: @Sendable (LoadProgress) -> Void = { _ in }

    public init(program: String, load: Load, inbox: InboxSettings) {
        (self.program, self.load, self.inbox) = (program, load, inbox)
        mailsAtATime = Self.mailsAtATime(load, inbox)
        // A client of `foreground` keeps its connection until the mail server has answered.
        self.load.connections = max(load.connections, 2 * mailsAtATime)
        let mail = inbox.delay.mean
        quietPeriod = QuietPeriod(
            linger: mail + .milliseconds(300), quiet: mail * 4 + .seconds(5), limit: mail * 4 + .seconds(30))
    }

    /// Twice the mails under way of a subject that keeps up (Little's law), and at least 50, the program's default.
    static func mailsAtATime(_ load: Load, _ inbox: InboxSettings) -> Int {
        switch load.pace {
        case .open(let rate): max(50, min(10_000, Int(2 * rate * (inbox.delay.mean / .seconds(1)))))
        case .closed(let concurrency): max(50, min(10_000, concurrency))
        }
    }

    /// Runs one subject in fresh processes under the load.
    ///
    /// - Parameter during: Runs beside the load, from its beginning; injects faults. The run ends when both have ended.
    /// - Returns: What became of each mail, and what the processes used.
    /// - Throws: ``BenchmarkError`` if the subject cannot be run, and what `during` throws. No process is left in any
    ///   case.
    public func run(
        _ subject: BenchmarkSubject, during: (RunningSubject) async throws -> Void = { _ in }
    ) async throws -> BenchmarkRun {
        try await host(subject) { running in
            try await warmUp(running)
            return try await measure(load, running, during: during)
        }
    }

    /// Runs one subject in fresh processes while `body` runs.
    func host<Result>(
        _ subject: BenchmarkSubject, _ body: (RunningSubject) async throws -> Result
    ) async throws -> Result {
        try await BenchmarkWorkspace.open { workspace in
            let mailServer = try await TestMailServer.open(inbox, port: inboxPort, in: workspace.backgroundTasks)
            let smtpProxy =
                smtpNetwork.isLoopback ? nil : try await LatencyProxy.start(to: mailServer.port, smtpNetwork)
            let running = try await RunningSubject.start(
                subject, program: program, mailsAtATime: mailsAtATime, arguments: arguments, inbox: mailServer,
                smtpPort: smtpProxy?.port ?? mailServer.port, redisNetwork: redisNetwork, conditions: conditions,
                in: workspace)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(running)) } catch { result = .failure(error) }
            await running.end()
            await smtpProxy?.close()
            await mailServer.close()
            return try result.get()
        }
    }

    /// Sends a few mails that are not counted, so that all connections are open and all subscribers listen.
    func warmUp(_ running: RunningSubject) async throws {
        var load = Load(.open(rate: 50), seconds: 0.2, seed: self.load.seed, part: "warm-up")
        load.arrivals = .even
        load.answerTime = min(self.load.answerTime, .seconds(10))
        var benchmark = self
        benchmark.quietPeriod = QuietPeriod(quiet: quietPeriod.quiet, limit: quietPeriod.quiet)
        benchmark.progress = { _ in }
        _ = try await benchmark.measure(load, running) { _ in }
    }

    /// Loads a running subject and waits for its mails as long as ``quietPeriod`` says.
    func measure(
        _ load: Load, _ running: RunningSubject, during: (RunningSubject) async throws -> Void
    ) async throws -> BenchmarkRun {
        var load = load
        // What an external service still has of an earlier run with the same seed must not count as this run's.
        if case .external = running.subject.deployment { load.part += ", \(UInt64.random(in: .min ... .max))" }
        let recorder = DeliveryRecorder(run: load.run, isMatched: awaits(running.subject))
        running.mailServer.add(recorder)
        running.attend(recorder, stop)
        let sampler = ProcessSampler()
        await sampler.begin(running)
        let before = await RedisStats.read(running.redisURL)
        let (end, isDone) = try await attend(load, recorder, running, sampler, during)
        await sampler.sample(running)
        let after = await RedisStats.read(running.redisURL)
        return BenchmarkRun(
            load: load, isMatched: awaits(running.subject), entries: recorder.entries, counts: recorder.counts,
            end: end - recorder.origin, isDone: isDone, processes: sampler.costs,
            redis: before.flatMap { after?.since($0) }, isComplete: !stop.isSet)
    }

    /// - Returns: The time of the last answer, and whether the wait for mails was complete.
    private func attend(
        _ load: Load, _ recorder: DeliveryRecorder, _ running: RunningSubject, _ sampler: ProcessSampler,
        _ during: (RunningSubject) async throws -> Void
    ) async throws -> (end: Int64, isDone: Bool) {
        let generator = LoadGenerator(load: load, target: running.target, recorder: recorder, stop: stop)
        async let end = generator.run()
        // Cancelled when this function returns.
        async let _ = sampler.work(running, recorder, load, progress)
        do { try await during(running) } catch is CancellationError where stop.isSet {}
        let time = try await end
        let isMatched = awaits(running.subject)
        return (time, isMatched ? await quietPeriod.wait(for: recorder, stop) : true)
    }

    /// Whether its mails come to the inbox.
    private func awaits(_ subject: BenchmarkSubject) -> Bool {
        if case .external = subject.deployment { inboxPort != 0 } else { true }
    }
}

extension ReplyDelay {
    /// The mean delay of a mail.
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
