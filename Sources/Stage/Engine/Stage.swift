import BgdemoBenchmarking
import BgdemoFoundations
public import BgdemoSMTPInbox
import BgdemoSystemCompat
import Synchronization

/// All strategies side by side, as real processes with one Redis and one mail server: they are loaded, struck and watched.
public final class Stage: Sendable {
    /// What is staged.
    public struct Settings: Sendable {
        /// The path of `bgdemo`.
        public var program: String
        public var lanes: [LanePlan]
        public var script: Script
        public var seed: UInt64 = 1
        /// The time that the mail server takes for a mail. Default: 400 ms, so that a mail can be seen.
        public var smtpDelay = ReplyDelay.fixed(.milliseconds(400))
        /// Where all events are written. Default: a file that is deleted at the end.
        public var record: String?

        public init(program: String, lanes: [LanePlan], script: Script) {
            (self.program, self.lanes, self.script) = (program, lanes, script)
        }
    }

    struct State {
        var focus: [Int] = [0]
        var faults: [Int: ActiveFault] = [:]
        var nextFault = 0
        var mailServer = Hand.smtpUp
        /// What was done last, and when.
        var confirmations: [(text: String, at: Int64)] = []
        var step = -1
        var stepTask: Task<Void, Never>?
        var isComparing = false
        var report: String?
    }

    struct ActiveFault: Sendable {
        let hand: Hand
        /// -1 for all.
        let lane: Int
        let began: Int64
        /// The process that it was for; nil for what all lanes share.
        let pid: Int32?
    }

    let settings: Settings
    let ground: Ground
    let lanes: [Lane]
    let journal: EventJournal
    let state = Mutex(State())
    let meter = Mutex(StageMeter())
    let tasks: BackgroundTasks
    let mailServerHands = HandQueue()
    let redisHands = HandQueue()

    private init(_ settings: Settings, _ ground: Ground, _ lanes: [Lane], _ journal: EventJournal) {
        (self.settings, self.ground, self.lanes, self.journal) = (settings, ground, lanes, journal)
        tasks = ground.workspace.backgroundTasks
    }

    /// Starts the lanes of the first step, runs `body` while the others start, and ends everything: no process and no file is
    /// left.
    ///
    /// - Throws: `BenchmarkError` where a process does not start; what `body` throws.
    public static func open<Result>(
        _ settings: Settings, _ body: (Stage) async throws -> Result
    ) async throws -> Result {
        try await BenchmarkWorkspace.open { workspace in
            var inbox = InboxSettings()
            inbox.delay = settings.smtpDelay
            inbox.seed = settings.seed
            let ground = try await Ground.start(settings.lanes, program: settings.program, inbox: inbox, in: workspace)
            let journal = EventJournal(origin: DeliveryRecorder.now)
            let lanes = try await makeLanes(settings, on: ground, journal)
            let stage = Stage(settings, ground, lanes, journal)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await stage.run(body)) } catch { result = .failure(error) }
            for lane in lanes { await lane.end() }
            await ground.mailServer.close()
            return try result.get()
        }
    }

    private static func makeLanes(
        _ settings: Settings, on ground: Ground, _ journal: EventJournal
    ) async throws -> [Lane] {
        var lanes: [Lane] = []
        for (number, plan) in settings.lanes.enumerated() {
            lanes.append(
                try await Lane.make(number, plan, on: ground, seed: settings.seed) { lane, role in
                    journal.publish(lane, role)
                })
        }
        return lanes
    }

    private func run<Result>(_ body: (Stage) async throws -> Result) async throws -> Result {
        publishStage()
        publishFocus(state.withLock(\.focus))
        publishMailServer()
        let recording = try record()
        // The talk begins with these: it does not wait for the others.
        let first = settings.script.steps.first?.lanes ?? []
        let (early, late) = (
            lanes.filter { first.contains($0.plan.name) }, lanes.filter { !first.contains($0.plan.name) }
        )
        let work = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.tick() }
                for lane in early { await lane.opened() }
                for lane in early { group.addTask { await lane.supervise() } }
                for lane in late { group.addTask { await self.run(lane) } }
            }
        }
        let result: Swift.Result<Result, any Error>
        do {
            for lane in early { try await lane.open() }
            result = .success(try await body(self))
        } catch {
            result = .failure(error)
        }
        state.withLock { $0.stepTask.take() }?.cancel()
        await mailServerHands.close()
        await redisHands.close()
        work.cancel()
        await work.value
        publishMails()
        publishScores()
        journal.end()
        try await recording?.value
        return try result.get()
    }

    /// Starts a lane, and again what ends of it, until the task is cancelled.
    private func run(_ lane: Lane) async {
        do { try await lane.open() } catch {
            if !Task.isCancelled { publishNotice("\(lane.plan.name) does not start: \(error)") }
        }
        await lane.supervise()
    }

    /// A Unix time would tell nothing of the order of events: this clock never goes back.
    var now: Int64 { DeliveryRecorder.now }

    /// Where all events are written: a file of the user's, or one that ends with the stage.
    var recordPath: String { settings.record ?? "\(ground.workspace.folder)/record.ndjson" }

    private func record() throws -> Task<Void, any Error>? {
        guard let lines = journal.watch(isRecord: true, mails: { nil }) else { return nil }
        let file = try RecordFile(recordPath)
        return Task {
            for await line in lines { try file.write(line) }
            try file.close()
        }
    }

    /// Tells of the mails every 50 ms, and of everything else twice a second.
    private func tick() async {
        var ticks = 0
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return }
            publishMails()
            ticks += 1
            guard ticks.isMultiple(of: 10) else { continue }
            judge()
            publishScores()
        }
    }

    /// - Throws: ``StageError`` where there is no such lane.
    func lanes(_ choice: LaneChoice) throws(StageError) -> [Lane] {
        switch choice {
        case .all: return lanes
        case .focused: return state.withLock(\.focus).map { lanes[$0] }
        case .named(let name): return [try lane(name)]
        }
    }

    /// These lanes, as soon as their processes have been started.
    ///
    /// - Throws: ``StageError`` where there is no such lane.
    func openLanes(_ choice: LaneChoice) async throws(StageError) -> [Lane] {
        let lanes = try lanes(choice)
        for lane in lanes { await lane.opened() }
        return lanes
    }

    func lane(_ name: String) throws(StageError) -> Lane {
        guard let lane = lanes.first(where: { $0.plan.name == name }) else {
            throw StageError("there is no lane \(printable(name)): \(lanes.map(\.plan.name).joined(separator: ", "))")
        }
        return lane
    }
}
