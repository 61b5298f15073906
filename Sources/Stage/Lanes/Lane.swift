import BgdemoBenchmarking
import BgdemoCore
import BgdemoFoundations
import NIOCore
import NIOPosix
import Subprocess
import Synchronization

/// One strategy on the stage, in processes of its own: they are loaded, followed, killed, and started again as a supervisor
/// does.
final class Lane: ArrivalRecorder {
    let number: Int
    let plan: LanePlan
    let run: String
    private let running: RunningSubject
    private let client = Mutex<LaneClient?>(nil)
    private let state: Mutex<LaneState>
    /// Opens when the processes have been started, or could not be.
    private let isReady = Latch()
    private let report: @Sendable (Lane, ProcessRole) -> Void

    /// A process that has ended is started again after this time.
    private static let restartDelay = Duration.seconds(1)

    private init(
        _ number: Int, _ plan: LanePlan, _ run: String, _ running: RunningSubject, _ relay: LogRelay,
        _ report: @escaping @Sendable (Lane, ProcessRole) -> Void
    ) {
        (self.number, self.plan, self.run, self.running, self.report) = (number, plan, run, running, report)
        state = Mutex(LaneState())
        relay.lane.withLock { $0 = WeakLane(self) }
        running.mailServer.add(self)
    }

    /// A lane whose processes are not started yet.
    ///
    /// - Parameter report: Called when the state of a process has changed.
    static func make(
        _ number: Int, _ plan: LanePlan, on ground: Ground, seed: UInt64,
        report: @escaping @Sendable (Lane, ProcessRole) -> Void
    ) async throws -> Lane {
        let relay = LogRelay()
        let running = try await RunningSubject.prepare(
            plan.subject, program: ground.program, mailsAtATime: 50,
            arguments: ["--attempts", "20", "--retry-delay", "100ms", "--retry-cap", "2s"], inbox: ground.mailServer,
            smtpPort: ground.mailServer.port, shared: ground.redis(for: plan).map { ($0, number) },
            didPrint: { role, line in relay.lane.withLock { $0?.lane }?.didPrint(role, line) }, in: ground.workspace)
        let load = Load(.open(rate: 1), seconds: 1, seed: seed, part: "stage \(number)")
        let lane = Lane(number, plan, load.run, running, relay, report)
        let reports = LaneClient.Reports(
            ask: { [weak lane] in lane?.ask() ?? 0 }, answer: { [weak lane] in lane?.answer($0, status: $1) },
            endRate: { [weak lane] in lane?.update { ($0.rate, $0.rateHasEnded) = (0, true) } })
        let client = try await LaneClient(
            target: running.target, run: load.run, seed: seed, reports: reports,
            loop: MultiThreadedEventLoopGroup.singleton.next())
        lane.client.withLock { $0 = client }
        return lane
    }

    /// Starts the processes, and returns when they are ready.
    ///
    /// - Throws: `BenchmarkError` where one does not start.
    func open() async throws {
        defer { isReady.open() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for role in running.own {
                group.addTask {
                    try await self.running.start(role)
                    await self.refresh(role)
                }
            }
            try await group.waitForAll()
        }
    }

    /// Returns when ``open()`` has returned, or the task was cancelled.
    func opened() async { await isReady.wait() }

    func end() async {
        client.withLock { $0 }?.close()
        await running.end()
    }

    // MARK: Reports

    /// Changes what is known of the lane.
    func update<Result: Sendable>(_ body: (inout LaneState) throws -> Result) rethrows -> Result {
        try state.withLock { try body(&$0) }
    }

    private func ask() -> Int {
        update { state in
            let isShown = state.ledger.next % state.ratio == 0
            let number = state.ledger.ask(at: DeliveryRecorder.now, isShown: isShown)
            state.note(number, .asked)
            return number
        }
    }

    private func answer(_ number: Int, status: Int) {
        let now = DeliveryRecorder.now
        update { state in
            state.ledger.answer(number, status: status, at: now)
            if let mail = state.ledger.mails[number] { state.answers.add(now - mail.askedAt, at: now) }
            state.note(number, status == 200 ? .accepted : .refused)
            if status != 200 { state.didRefuse(number, at: now) }
        }
    }

    func arrived(_ number: Int, at now: Int64) {
        update { state in
            let isFirst = state.ledger.mails[number]?.copies == 0
            state.ledger.arrive(number, at: now)
            if isFirst, let mail = state.ledger.mails[number] { state.toInbox.add(now - mail.askedAt, at: now) }
            state.note(number, .arrived)
            state.didArrive(number, at: now)
        }
    }

    private func didPrint(_ role: ProcessRole, _ line: String) {
        guard let report = DeliveryReport(logLine: line),
            let number = Self.number(of: report.recipient)
        else { return }
        update { state in
            guard let pid = report.pid ?? state.processes[role]?.pid else { return }
            switch report.event {
            case .accepted, .tried:
                state.ledger.hold(number, by: pid, at: DeliveryRecorder.now)
                state.note(number, report.pid == nil && role == .webServer ? .inWebServer : .inWorker)
            case .failed, .perhapsSent:
                state.ledger.hold(number, by: nil, at: DeliveryRecorder.now)
                state.note(number, .failed)
            case .sent: break
            }
        }
    }

    /// The digits before the `@`.
    private static func number(of recipient: String) -> Int? {
        let local = recipient.utf8.prefix { $0 != UInt8(ascii: "@") }
        return Int(Substring(local.drop { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }))
    }

    // MARK: Load

    func send(_ count: Int) { client.withLock { $0 }?.send(count) }

    func setRate(_ rate: Double, for seconds: Double? = nil) {
        update { ($0.rate, $0.rateHasEnded) = (rate, false) }
        client.withLock { $0 }?.setRate(rate, for: seconds)
    }

    // MARK: Processes

    var redis: TestRedis? { running.redis }

    func cutRedisConnections() async throws { try await running.cutRedisConnections() }

    /// Starts what ends, until the task is cancelled.
    func supervise() async {
        await withDiscardingTaskGroup { group in
            for role in running.own { group.addTask { await self.supervise(role) } }
            if running.subject.deployment == .supervised {
                group.addTask { await self.followChildren() }
            }
        }
    }

    private func supervise(_ role: ProcessRole) async {
        while !Task.isCancelled {
            await running.ended(role)
            guard !Task.isCancelled else { return }
            didEnd(role)
            do {
                try await Task.sleep(for: Self.restartDelay)
                try await running.restart(role)
                await refresh(role)
            } catch {}
        }
    }

    /// The children of a master, which starts them itself.
    private func followChildren() async {
        while !Task.isCancelled {
            for role in running.subject.roles where !running.own.contains(role) { await refresh(role) }
            try? await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Looks which process has this role now.
    private func refresh(_ role: ProcessRole) async {
        let pid = await running.pid(of: role)
        guard update({ $0.processes[role]?.pid != pid || $0.processes[role]?.state == .dead }) else { return }
        guard let pid else { return didEnd(role) }
        if update({ $0.processes[role] != nil }) { didEnd(role) }
        update { $0.processes[role] = LaneState.Process(pid: pid, state: .up) }
        report(self, role)
    }

    private func didEnd(_ role: ProcessRole) {
        let wasUp = update { state -> Bool in
            guard let process = state.processes[role], process.state != .dead else { return false }
            state.processes[role]?.state = .dead
            state.killed.remove(process.pid)
            for number in state.ledger.end(process.pid) { state.note(number, .adrift) }
            return true
        }
        if wasUp { report(self, role) }
    }

    /// Sends a signal to a process and waits for the mails that it had in hand.
    ///
    /// - Throws: `BenchmarkError` where there is no such process.
    func signal(_ signal: Signal, to role: ProcessRole, _ pid: Int32, fault: Int) async throws {
        let now = DeliveryRecorder.now
        update { state in
            let held =
                if role != .master { state.ledger.held(by: pid, answers: role == .webServer) } else {
                    state.ledger.missing(since: state.recoveredAt)
                }
            if signal != .resume { state.watch(held, of: fault, at: now) }
            if signal == .kill { state.killed.insert(pid) }
        }
        try await running.signal(signal, to: role)
        if signal == .suspend || signal == .resume {
            update { state in
                guard state.reachable(role) == pid else { return }
                state.processes[role]?.state = signal == .suspend ? .stopped : .up
            }
            report(self, role)
        }
    }

    var allAreUp: Bool {
        update { state in plan.subject.roles.allSatisfy { state.processes[$0]?.state == .up } }
    }
}

/// Passes the lines of the processes on to their lane, which is made after they have started.
private final class LogRelay: Sendable {
    let lane = Mutex<WeakLane?>(nil)
}

private struct WeakLane: Sendable {
    weak let lane: Lane?

    init(_ lane: Lane) { self.lane = lane }
}
