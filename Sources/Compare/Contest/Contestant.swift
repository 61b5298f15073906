import Platform
public import Subprocess
import Synchronization

/// A strategy that runs, in processes of its own, with a mail room and where it needs one a Redis of its own: fit to
/// be loaded, and to be struck by faults.
public final class Contestant: Sendable {
    public let contender: Contender
    public let mailRoom: MailRoom
    /// Nil where the strategy needs none.
    public let redis: OwnRedis?
    private let program: String
    /// Of the web server.
    private let port: Int
    private let mailsAtATime: Int
    private let further: [String]
    private let place: Workplace
    private let state = Mutex(State())

    private struct State {
        var processes: [Part: RunningProcess] = [:]
        var ledger: Ledger?
        var stop: StopFlag?
    }

    /// - Parameters:
    ///   - program: The file of `bgdemo`.
    ///   - mailsAtATime: Mails that a worker has in hand, and connections to the mail server.
    ///   - arguments: Further words for `bgdemo serve`.
    static func start(
        _ contender: Contender, program: String, mailsAtATime: Int, arguments: [String], inbox: MailRoom,
        in place: Workplace
    ) async throws -> Contestant {
        let redis = contender.needsRedis ? try await OwnRedis.start(in: place) : nil
        let contestant = Contestant(
            contender, program, try await Ports.free(), mailsAtATime, arguments, inbox, redis, place)
        for part in contestant.own { try await contestant.start(part) }
        return contestant
    }

    private init(
        _ contender: Contender, _ program: String, _ port: Int, _ mailsAtATime: Int, _ further: [String],
        _ mailRoom: MailRoom, _ redis: OwnRedis?, _ place: Workplace
    ) {
        (self.contender, self.program, self.port) = (contender, program, port)
        (self.mailsAtATime, self.further) = (mailsAtATime, further)
        (self.mailRoom, self.redis, self.place) = (mailRoom, redis, place)
    }

    /// The processes that are started here: of a family only the master, which starts its children itself.
    var own: [Part] { contender.shape == .family ? [.master] : contender.parts }

    public var target: Target {
        if case .service(let target) = contender.shape { target } else { Target(port: port) }
    }

    // MARK: Processes

    private func start(_ part: Part) async throws {
        let process = try await place.start(
            RunningProcess.Order(
                name: "\(contender.title), \(part.rawValue)", executable: program, arguments: arguments(part)
            ) { $0.hasPrefix("bgdemo ") })
        state.withLock { $0.processes[part] = process }
    }

    private func arguments(_ part: Part) -> [String] {
        var arguments =
            [
                "serve", "--strategy", contender.name, "--host", "127.0.0.1", "--port", "\(port)", "--smtp-url",
                mailRoom.url, "--smtp-connections", "\(mailsAtATime)", "--concurrency", "\(mailsAtATime)",
                "--log-level", "warning",
            ] + further
        if contender.shape == .pair { arguments += ["--role", part.role] }
        if let redis { arguments += ["--redis-url", redis.url] }
        if let semantics = contender.semantics { arguments += ["--semantics", semantics] }
        return arguments
    }

    /// The process of this part as it is now; nil where there is none, which for a child of the master may be for a moment.
    public func pid(of part: Part) async -> Int32? {
        if let process = state.withLock({ $0.processes[part] }) { return process.pid }
        return await children().first { $0.part == part }?.pid
    }

    private func children() async -> [(part: Part?, pid: Int32)] {
        guard let master = state.withLock({ $0.processes[.master] }) else { return [] }
        var children: [(Part?, Int32)] = []
        for row in await ProcessTable.children(of: master.pid) where !row.isZombie {
            let words = await ProcessTable.arguments(of: row.pid)
            let role = words.firstIndex(of: "--role").flatMap { words.dropFirst($0 + 1).first }
            children.append((Part.allCases.first { $0.role == role ?? "" }, row.pid))
        }
        return children
    }

    /// - Throws: ``ContestError`` where there is no such process.
    public func signal(_ signal: Signal, to part: Part) async throws {
        if let process = state.withLock({ $0.processes[part] }) { return try process.signal(signal) }
        guard let pid = await pid(of: part), kill(pid, signal.rawValue) == 0 else {
            throw ContestError("\(contender.title) has no \(part.rawValue) to be sent a signal")
        }
    }

    /// Returns when the process has ended; at once for a child of the master, which sees to that.
    public func ended(_ part: Part) async { await state.withLock { $0.processes[part] }?.ended() }

    /// As a supervisor does it: waits for its end, and starts it again, the web server on the same port. Nothing for a
    /// child of the master.
    public func restart(_ part: Part) async throws {
        guard own.contains(part) else { return }
        await ended(part)
        try await start(part)
    }

    /// What runs now, by the names of the results.
    func pids() async -> [(name: String, pid: Int32)] {
        let processes = state.withLock(\.processes)
        var pids = contender.parts.compactMap { part in processes[part].map { (part.rawValue, $0.pid) } }
        pids += await children().compactMap { child in child.part.map { ($0.rawValue, child.pid) } }
        if let redis { pids.append(("redis-server", redis.pid)) }
        return pids
    }

    /// Kills the master and its children, which are nobody else's.
    func end() async {
        let children = await children()
        for process in state.withLock({ Array($0.processes.values) }) { try? process.signal(.kill) }
        for child in children { kill(child.pid, SIGKILL) }
        for part in own { await ended(part) }
    }

    // MARK: The load

    func attend(_ ledger: Ledger, _ stop: StopFlag) { state.withLock { ($0.ledger, $0.stop) = (ledger, stop) } }

    /// Since the first request of the load could have been due; below zero before.
    public var now: Duration {
        let origin = state.withLock { $0.ledger?.origin } ?? 0
        return origin == 0 ? .zero : .nanoseconds(Ledger.now - origin)
    }

    /// Returns at this time of the load.
    ///
    /// - Throws: `CancellationError`, also where somebody says stop.
    public func sleep(until time: Duration) async throws {
        while now < time {
            try await Task.sleep(for: min(.milliseconds(50), max(.milliseconds(1), time - now)))
            if state.withLock({ $0.stop?.isSet ?? false }) { throw CancellationError() }
        }
    }
}
