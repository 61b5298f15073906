public import Inbox

/// The rules under which every strategy is run: the same load, the same mail server, the same patience.
public struct Contest: Sendable {
    /// The file of `bgdemo`.
    public var program: String
    public var load: Load
    public var inbox: InboxSettings
    /// Of the inbox; 0 for any. Mails of a service that runs already are awaited only where it could be told the port.
    public var inboxPort = 0
    /// Mails in hand at a time, and connections to the mail server: enough that neither is what is measured.
    public var mailsAtATime: Int
    public var patience: Patience
    /// Further words for `bgdemo serve`.
    public var arguments: [String] = []
    public var stop = StopFlag()
    /// Told twice a second how it goes.
    public var progress: @Sendable (Progress) -> Void = { _ in }

    public init(program: String, load: Load, inbox: InboxSettings) {
        (self.program, self.load, self.inbox) = (program, load, inbox)
        mailsAtATime = Self.mailsAtATime(load, inbox)
        // Who waits for the mail server keeps a connection for each mail.
        self.load.connections = max(load.connections, 2 * mailsAtATime)
        let mail = inbox.delay.mean
        patience = Patience(
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
    /// - Parameter during: Runs beside the load, from its beginning; the contest ends when both are over. Faults are
    ///   injected here.
    /// - Returns: What became of every mail, and what the processes took.
    /// - Throws: ``ContestError`` where it can't be run, and what `during` throws. No process is left in any case.
    public func run(
        _ contender: Contender, during: (Contestant) async throws -> Void = { _ in }
    ) async throws -> Bout {
        try await host(contender) { contestant in
            try await warmUp(contestant)
            return try await bout(load, contestant, during: during)
        }
    }

    /// Runs one strategy in fresh processes for as long as `body` runs.
    func host<Result>(
        _ contender: Contender, _ body: (Contestant) async throws -> Result
    ) async throws -> Result {
        try await Workplace.open { place in
            let room = try await MailRoom.open(inbox, port: inboxPort, in: place.nursery)
            let contestant = try await Contestant.start(
                contender, program: program, mailsAtATime: mailsAtATime, arguments: arguments, inbox: room,
                in: place)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(contestant)) } catch { result = .failure(error) }
            await contestant.end()
            await room.close()
            return try result.get()
        }
    }

    /// A few mails from end to end, which are not counted: connections are open, and everyone listens.
    func warmUp(_ contestant: Contestant) async throws {
        var load = Load(.open(rate: 50), seconds: 0.2, seed: self.load.seed, part: "warm-up")
        load.arrivals = .even
        load.answerTime = min(self.load.answerTime, .seconds(10))
        var contest = self
        contest.patience = Patience(quiet: patience.quiet, limit: patience.quiet)
        contest.progress = { _ in }
        _ = try await contest.bout(load, contestant) { _ in }
    }

    /// Loads a contestant, and waits until its mails are in the inbox, or there is no more hope.
    func bout(
        _ load: Load, _ contestant: Contestant, during: (Contestant) async throws -> Void
    ) async throws -> Bout {
        let ledger = Ledger(run: load.run, isMatched: awaits(contestant.contender))
        contestant.mailRoom.add(ledger)
        contestant.attend(ledger, stop)
        let watch = ProcessWatch()
        await watch.begin(contestant)
        let before = await RedisFigures.read(contestant.redis)
        let (end, isDone) = try await attend(load, ledger, contestant, watch, during)
        await watch.look(contestant)
        let after = await RedisFigures.read(contestant.redis)
        return Bout(
            load: load, isMatched: awaits(contestant.contender), entries: ledger.entries, counts: ledger.counts,
            end: end - ledger.origin, isDone: isDone, processes: watch.costs,
            redis: before.flatMap { after?.since($0) }, isComplete: !stop.isSet)
    }

    /// - Returns: When the last answer had come, and whether nothing more was to be waited for.
    private func attend(
        _ load: Load, _ ledger: Ledger, _ contestant: Contestant, _ watch: ProcessWatch,
        _ during: (Contestant) async throws -> Void
    ) async throws -> (end: Int64, isDone: Bool) {
        let generator = Generator(load: load, target: contestant.target, ledger: ledger, stop: stop)
        async let end = generator.run()
        // Cancelled when this returns.
        async let _ = watch.work(contestant, ledger, load, progress)
        do { try await during(contestant) } catch is CancellationError where stop.isSet {}
        let time = try await end
        let isMatched = awaits(contestant.contender)
        return (time, isMatched ? await patience.wait(for: ledger, stop) : true)
    }

    /// Whether its mails are awaited in the inbox.
    private func awaits(_ contender: Contender) -> Bool {
        if case .service = contender.shape { inboxPort != 0 } else { true }
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
