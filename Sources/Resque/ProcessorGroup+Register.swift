import BgdemoFoundations
import BgdemoNetSupport
import NIOCore
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Registers the workers of this process, and writes their heartbeats: Ruby's and node's.
extension ProcessorGroup {
    /// Registers workers and writes their heartbeats. What was removed meanwhile is written again.
    ///
    /// - Parameters:
    ///   - withPings: Whether node's heartbeats are written too: a key for each worker.
    ///   - ids: Called as late as possible: a worker that unregisters must not be registered again.
    func register(withPings: Bool = true, _ ids: () -> [WorkerID]) async throws {
        let begun = ContinuousClock.now
        let now = try await store.time()
        let keys = store.keys
        let ids = ids()
        let identity = try leasedIdentity()
        // At most 1000 at a time: Lua's `unpack` has a limit.
        for start in stride(from: 0, through: max(ids.count - 1, 0), by: 1000) {
            var arguments: [any RedisArgument] = [
                keys.prefix, WorkerID.process, identity, now.iso8601WithOffset, now.rubyTime,
            ]
            for id in ids[start...].prefix(1000) {
                arguments += [id.description, id.name, withPings ? ping(id, at: now) : []] as [any RedisArgument]
            }
            _ = try await store.run(
                ResqueScripts.register, keys: [keys.workers, keys.heartbeat, keys.processes], arguments)
            lease.renew(at: begun)
        }
    }

    /// Renews the lease of the process.
    func renewLease() async throws {
        let begun = ContinuousClock.now
        do {
            _ = try await store.send("HSET", store.keys.processes, WorkerID.process, try leasedIdentity())
            lease.renew(at: begun)
        } catch {
            // Redis has no memory to give; the script needs none.
            try await register { self.registered }
        }
    }

    private func leasedIdentity() throws -> [UInt8] {
        var identity = ProcessIdentity.current
        identity.lease = lease.stamp()
        identity.isPaused = control.isPaused ? true : nil
        identity.newestWorker = WorkerID.newestNumber
        return Array(try JSONEncoder().encode(identity))
    }

    private var registered: [WorkerID] {
        processors.filter { $0.isRegistered && !$0.isUnregistering }.map(\.id)
    }

    private func ping(_ id: WorkerID, at time: Date) -> [UInt8] {
        var json = JSONWriter()
        json.raw("{")
        json.name("time")
        json.raw(String(Int(saturating: time.timeIntervalSince1970)))
        json.member("name", id.name)
        json.member("queues", String(id.queues))
        json.raw("}")
        return json.bytes
    }

    /// How often node's heartbeats are written. Node takes a worker for stuck after an hour.
    private static let pingInterval = Duration.seconds(60)

    /// Renews the lease and writes heartbeats until cancelled: on the event loop, because jobs may block every thread of
    /// Swift's pool.
    func sendHeartbeats() async {
        let interval = min(options.heartbeat, options.deadAfter / 4)
        let every = max(1, Int(saturating: options.heartbeat / interval))
        let pingEvery = max(1, Int(Self.pingInterval / (interval * every)))
        let executor = LoopExecutor(loop)
        let end = loop.makePromise(of: Void.self)
        let beats = loop.scheduleRepeatedAsyncTask(
            initialDelay: .zero, delay: TimeAmount(interval), notifying: end
        ) { [self] _ in
            let beat = loop.makePromise(of: Void.self)
            let number = self.beatDidBegin(beat.futureResult)
            Task(executorPreference: executor) {
                try? await self.beat(
                    isHeartbeatDue: number % every == 0, isPingDue: number / every % pingEvery == 0)
                beat.succeed()
            }
            return beat.futureResult
        }
        // Until cancelled.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        beats.cancel()
        // The loop may be shut down afterwards.
        try? await end.futureResult.get()
        await waitForBeat()
    }

    private func beat(isHeartbeatDue: Bool, isPingDue: Bool) async throws {
        guard processors.contains(where: { !$0.isUnregistering }) else { return }
        if isHeartbeatDue {
            try await register(withPings: isPingDue) { self.registered }
        } else {
            try await renewLease()
        }
        try await cancelJobs()
    }

    /// Reads the names of all queues, where `*` is among the worker's.
    func update() async throws {
        guard selection.isOpen else { return }
        selection.update(known: try await store.send("SMEMBERS", store.keys.queues).texts)
    }
}

extension ResqueStore {
    /// The time of Redis, which is the same for all programs.
    func time() async throws(ResqueError) -> Date {
        let reply = try await send("TIME").texts
        guard let second = reply.first.flatMap(Double.init) else { throw ResqueError.unexpectedReply }
        return Date(timeIntervalSince1970: second)
    }

    /// The processes of this library that have workers: how to see whether they are alive, and the whole text that says so.
    func processes() async throws(ResqueError) -> [ByteString: (identity: ProcessIdentity, text: String)] {
        var processes: [ByteString: (ProcessIdentity, String)] = [:]
        for (process, text) in try await pairs(keys.processes) {
            let identity = try? JSONReader.decode(ProcessIdentity.self, from: Array(text.utf8))
            if let identity { processes[ByteString(process)] = (identity, text) }
        }
        return processes
    }

    /// The last heartbeat of each worker.
    func heartbeats() async throws -> [WorkerID: String] {
        Dictionary(try await pairs(keys.heartbeat).map { (WorkerID($0.key), $0.value) }) { first, _ in first }
    }

    /// All workers that are registered, of any program.
    func registeredWorkers() async throws(ResqueError) -> [WorkerID] {
        try await send("SMEMBERS", keys.workers).texts.map { WorkerID($0) }
    }

    /// All workers that are registered, and those of this library that have a job; in the order of their ids.
    func workers() async throws(ResqueError) -> [WorkerID] {
        let holding = try await send("HKEYS", keys.reservations).texts.map { WorkerID($0) }
        return Set(try await registeredWorkers() + holding)
            .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
    }

    /// Removes what is left of a process, also of workers that Ruby has pruned: Ruby does not know these keys.
    func forget(_ process: String) async throws {
        let ids = try await send("HKEYS", keys.reservations).texts.map { WorkerID($0) }
            .filter { $0.process.hasSameBytes(as: process) }
        var hasJob = false
        for id in ids {
            // The program that finds the process dead puts the job back or fails it.
            if try await !removeKeys(of: id, in: [keys.reservations]) { hasJob = true }
        }
        guard !hasJob else { return }
        try await removePings(of: process)
        _ = try await send("HDEL", keys.processes, process)
    }

    /// Removes node's heartbeats of all workers of a process: of those that Ruby has pruned nothing else is left.
    func removePings(of process: String) async throws {
        let text = try await send("HGET", keys.processes, process).text ?? ""
        let identity = try? JSONReader.decode(ProcessIdentity.self, from: Array(text.utf8))
        // Another program may have written the number.
        let newest = min(identity?.newestWorker ?? 0, 100_000)
        for start in stride(from: 1, through: newest, by: 1000) {
            let numbers = start...min(start + 999, newest)
            _ = try await send(["DEL"] + numbers.map { keys.ping("\(process)+\($0)") })
        }
    }

    private func pairs(_ hash: String) async throws(ResqueError) -> [(key: String, value: String)] {
        let texts = try await send("HGETALL", hash).texts
        return stride(from: 0, to: texts.count - 1, by: 2).map { (texts[$0], texts[$0 + 1]) }
    }
}
