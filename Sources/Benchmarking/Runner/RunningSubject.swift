import BgdemoCore
import BgdemoFoundations
import BgdemoSystemCompat
public import Subprocess
import Synchronization

/// A subject that runs, in processes of its own, with a mail server and, if needed, a Redis of its own. It can be
/// loaded, and faults can be injected.
public final class RunningSubject: Sendable {
    public let subject: BenchmarkSubject
    public let mailServer: TestMailServer
    /// Nil if the strategy needs none.
    public let redis: TestRedis?
    private let redisProxy: LatencyProxy?
    private let program: String
    /// Of the web server.
    private let port: Int
    private let mailsAtATime: Int
    private let further: [String]
    private let didPrint: (@Sendable (ProcessRole, String) -> Void)?
    private let conditions: RunConditions
    /// Nil where nothing is recorded.
    let disk: DiskRecorder?
    private let workspace: BenchmarkWorkspace
    private let state = Mutex(State())

    private struct State {
        var processes: [ProcessRole: RunningProcess] = [:]
        /// Children of a master that were sent SIGSTOP: only a process that runs sees the end of its master.
        var stoppedChildren: Set<Int32> = []
        /// Of other hosts.
        var hosts = 0
        var recorder: DeliveryRecorder?
        var stop: StopFlag?
    }

    /// Starts all its processes.
    ///
    /// - Parameters:
    ///   - program: The path of `bgdemo`.
    ///   - mailsAtATime: Mails that a worker sends at a time, and connections to the mail server.
    ///   - arguments: Further arguments of `bgdemo serve`.
    ///   - smtpPort: The port of the mail server, or of a proxy before it.
    ///   - redisNetwork: What a proxy before Redis simulates.
    ///   - conditions: How the processes are started.
    static func start(
        _ subject: BenchmarkSubject, program: String, mailsAtATime: Int, arguments: [String], inbox: TestMailServer,
        smtpPort: Int, redisNetwork: NetworkConditions, conditions: RunConditions, in workspace: BenchmarkWorkspace
    ) async throws -> RunningSubject {
        var arguments = arguments
        var disk: DiskRecorder?
        if let sync = conditions.diskSync {
            disk = DiskRecorder(in: workspace.folder, directories: ["appendonlydir", "spool"])
            arguments += subject.disk?.arguments(directory: "\(workspace.folder)/spool", sync) ?? []
        }
        var redis: TestRedis?
        if subject.needsRedis, subject.external == nil {
            redis = try await TestRedis.start(in: workspace, diskSync: conditions.diskSync, disk: disk)
        }
        let running = try await RunningSubject(
            subject, program: program, mailsAtATime: mailsAtATime, arguments: arguments, inbox: inbox,
            smtpPort: smtpPort, redisNetwork: redisNetwork, redis: redis, database: 0, didPrint: nil,
            conditions: conditions, disk: disk, in: workspace)
        for role in running.own { try await running.start(role) }
        return running
    }

    /// A subject without processes yet, which shares its Redis with others.
    ///
    /// - Parameters:
    ///   - program: The path of `bgdemo`.
    ///   - mailsAtATime: Mails that a worker sends at a time, and connections to the mail server.
    ///   - arguments: Further arguments of `bgdemo serve`.
    ///   - smtpPort: The port of the mail server, or of a proxy before it.
    ///   - shared: A Redis that several subjects use, and the number of this one's database; nil where none needs one.
    ///   - didPrint: Called with each line of the output of each process that is started here; the processes then log
    ///     everything as JSON.
    package static func prepare(
        _ subject: BenchmarkSubject, program: String, mailsAtATime: Int, arguments: [String], inbox: TestMailServer,
        smtpPort: Int, shared: (redis: TestRedis, database: Int)?,
        didPrint: @escaping @Sendable (ProcessRole, String) -> Void,
        in workspace: BenchmarkWorkspace
    ) async throws -> RunningSubject {
        try await RunningSubject(
            subject, program: program, mailsAtATime: mailsAtATime, arguments: arguments, inbox: inbox,
            smtpPort: smtpPort, redisNetwork: NetworkConditions(), redis: subject.needsRedis ? shared?.redis : nil,
            database: shared?.database ?? 0, didPrint: didPrint, conditions: RunConditions(), disk: nil, in: workspace)
    }

    private init(
        _ subject: BenchmarkSubject, program: String, mailsAtATime: Int, arguments: [String], inbox: TestMailServer,
        smtpPort: Int, redisNetwork: NetworkConditions, redis: TestRedis?, database: Int,
        didPrint: (@Sendable (ProcessRole, String) -> Void)?, conditions: RunConditions, disk: DiskRecorder?,
        in workspace: BenchmarkWorkspace
    ) async throws {
        var proxy: LatencyProxy?
        if let redis, !redisNetwork.isLoopback { proxy = try await .start(to: redis.port, redisNetwork) }
        var own = ["--smtp-url", "smtp://127.0.0.1:\(smtpPort)"]
        if let redis { own += ["--redis-url", "redis://127.0.0.1:\(proxy?.port ?? redis.port)/\(database)"] }
        port = try await PortAllocator.free()
        (self.subject, self.program, self.mailsAtATime) = (subject, program, mailsAtATime)
        (mailServer, self.redis, redisProxy, further) = (inbox, redis, proxy, own + arguments)
        (self.didPrint, self.conditions, self.disk, self.workspace) = (didPrint, conditions, disk, workspace)
    }

    /// The processes that are started here: not the children of a master, which starts them itself.
    package var own: [ProcessRole] {
        if case .external = subject.deployment { return [] }
        return subject.deployment == .supervised ? [.master] : subject.roles
    }

    /// The URL of its Redis; nil if it has none.
    var redisURL: String? { redis?.url ?? subject.external?.redisURL }

    public var target: Target {
        if case .external(let target) = subject.deployment { target } else { Target(port: port) }
    }

    // MARK: Processes

    /// Starts the process of this role, and returns when it is ready.
    ///
    /// - Throws: ``BenchmarkError`` with its output where it ends before.
    package func start(_ role: ProcessRole) async throws {
        var command = RunningProcess.Command(
            name: "\(subject.title), \(role.rawValue)", executable: program, arguments: arguments(role)
        ) { [line = "bgdemo \(subject.name)", isJSON = didPrint != nil] in
            isJSON ? $0.containsBytes(of: line) : $0.hasPrefix("bgdemo ")
        }
        if let didPrint { command.didPrint = { didPrint(role, $0) } }
        if let disk, subject.disk != nil { command = disk.traced(command) }
        if conditions.hasRemoteWorkers, role == .worker {
            // A worker that is started after another was killed is not on that one's host.
            let number = state.withLock { state in
                state.hosts += 1
                return state.hosts
            }
            command = OtherHost.command(command, on: "other-\(number)")
        }
        let process = try await workspace.start(command)
        state.withLock { $0.processes[role] = process }
    }

    private func arguments(_ role: ProcessRole) -> [String] {
        var arguments =
            [
                "serve", "--strategy", subject.name, "--host", "127.0.0.1", "--port", "\(port)", "--smtp-connections",
                "\(mailsAtATime)", "--concurrency", "\(mailsAtATime)",
            ] + (didPrint == nil ? ["--log-level", "warning"] : ["--log-level", "debug", "--log-format", "json"])
            + further
        if subject.deployment == .separateWorker { arguments += ["--role", role.optionValue] }
        if let semantics = subject.semantics { arguments += ["--semantics", semantics] }
        return arguments
    }

    /// The pid of the current process of this role; nil while a master has no child of this role.
    public func pid(of role: ProcessRole) async -> Int32? {
        if let process = state.withLock({ $0.processes[role] }) { return process.pid }
        if let external = subject.external { return external.pid(of: role) }
        return await children().first { $0.role == role }?.pid
    }

    func children() async -> [(role: ProcessRole?, pid: Int32)] {
        guard let master = state.withLock({ $0.processes[.master] }) else { return [] }
        var children: [(ProcessRole?, Int32)] = []
        for row in await ProcessTable.children(of: master.pid) where !row.isZombie {
            let words = await ProcessTable.arguments(of: row.pid)
            let role = words.firstIndex(of: "--role").flatMap { words.dropFirst($0 + 1).first }
            children.append((ProcessRole.allCases.first { $0.optionValue == role ?? "" }, row.pid))
        }
        return children
    }

    /// - Throws: ``BenchmarkError`` if there is no such process.
    public func signal(_ signal: Signal, to role: ProcessRole) async throws {
        if let process = state.withLock({ $0.processes[role] }) { return try process.signal(signal) }
        guard let pid = await pid(of: role), kill(pid, signal.rawValue) == 0 else {
            let reason = subject.external.map { ": \($0.absence(of: role))" } ?? ""
            throw BenchmarkError("\(subject.title) has no \(role.rawValue) to send a signal to\(reason)")
        }
        guard own.contains(.master) else { return }
        switch signal {
        case .suspend:
            state.withLock { _ = $0.stoppedChildren.insert(pid) }
            workspace.reaper.add(pid)
            // Where its master has ended meanwhile, nobody else continues it.
            if await self.pid(of: role) != pid { sendToStoppedChildren(.resume) }
        case .resume, .kill: forgetStopped(pid)
        default: break
        }
    }

    private func forgetStopped(_ pid: Int32) {
        guard state.withLock({ $0.stoppedChildren.remove(pid) }) != nil else { return }
        workspace.reaper.remove(pid)
    }

    /// Returns when the process has ended; at once for the child of a master.
    public func ended(_ role: ProcessRole) async {
        await state.withLock { $0.processes[role] }?.ended()
        if role == .master { sendToStoppedChildren(.resume) }
    }

    /// To the children of a master that has ended.
    private func sendToStoppedChildren(_ signal: Signal) {
        for pid in state.withLock(\.stoppedChildren) {
            kill(pid, signal.rawValue)
            forgetStopped(pid)
        }
    }

    /// Waits for the end of the process and starts it again, the web server on the same port, as a supervisor does.
    /// Does nothing for the child of a master.
    ///
    /// - Parameter old: The pid of an external service's process that has ended. Default: none is known.
    /// - Throws: ``BenchmarkError`` if it does not become ready.
    public func restart(_ role: ProcessRole, after old: Int32? = nil) async throws {
        if let external = subject.external { return try await restart(role, of: external, after: old) }
        guard own.contains(role) else { return }
        await ended(role)
        try await start(role)
    }

    /// All processes that run now, by their names in the results.
    func pids() async -> [(name: String, pid: Int32)] {
        let processes = state.withLock(\.processes)
        var pids = subject.roles.compactMap { role in processes[role].map { (role.rawValue, $0.pid) } }
        if let external = subject.external {
            pids += subject.roles.compactMap { role in external.pid(of: role).map { (role.rawValue, $0) } }
        }
        pids += await children().compactMap { child in child.role.map { ($0.rawValue, child.pid) } }
        if let redis { pids.append(("redis-server", redis.pid)) }
        return pids
    }

    /// Kills all processes, the children of a master too.
    package func end() async {
        let children = await children()
        for process in state.withLock({ Array($0.processes.values) }) { try? process.signal(.kill) }
        for child in children { kill(child.pid, SIGKILL) }
        sendToStoppedChildren(.kill)
        for role in own { await ended(role) }
        await redisProxy?.close()
    }

    // MARK: The load

    func attend(_ recorder: DeliveryRecorder, _ stop: StopFlag) {
        state.withLock { ($0.recorder, $0.stop) = (recorder, stop) }
    }

    /// The time since the beginning of the load; negative before it.
    public var now: Duration {
        let origin = state.withLock { $0.recorder?.origin } ?? 0
        return origin == 0 ? .zero : .nanoseconds(DeliveryRecorder.now - origin)
    }

    /// Returns at this time of the load.
    ///
    /// - Throws: `CancellationError`, also when the run is stopped.
    public func sleep(until time: Duration) async throws {
        while now < time {
            try await Task.sleep(for: min(.milliseconds(50), max(.milliseconds(1), time - now)))
            if state.withLock({ $0.stop?.isSet ?? false }) { throw CancellationError() }
        }
    }
}
