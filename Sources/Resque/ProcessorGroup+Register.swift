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
    /// - Parameter ids: Called as late as possible: a worker that unregisters must not be registered again.
    func register(_ ids: () -> [WorkerID]) async throws {
        let now = try await store.time()
        let keys = store.keys
        let ids = ids()
        let identity = try JSONEncoder().encode(ProcessIdentity.current)
        // At most 1000 at a time: Lua's `unpack` has a limit.
        for start in stride(from: 0, to: ids.count, by: 1000) {
            var arguments: [any RedisArgument] = [
                keys.prefix, WorkerID.process, Array(identity), now.iso8601WithOffset, now.rubyTime,
            ]
            for id in ids[start...].prefix(1000) {
                arguments += [id.description, id.name, ping(id, at: now)] as [any RedisArgument]
            }
            _ = try await store.run(
                ResqueScripts.register, keys: [keys.workers, keys.heartbeat, keys.processes], arguments)
        }
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

    /// Writes heartbeats until cancelled: on the event loop, because jobs may block every thread of Swift's pool.
    func sendHeartbeats() async {
        let interval = TimeAmount(options.heartbeat)
        let executor = LoopExecutor(loop)
        let beats = loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: interval) { [self] _ in
            let beat = loop.makePromise(of: Void.self)
            self.heartbeatDidBegin(beat.futureResult)
            Task(executorPreference: executor) {
                try? await self.register { self.processors.filter { !$0.isUnregistering }.map(\.id) }
                beat.succeed()
            }
            return beat.futureResult
        }
        // Until cancelled.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        beats.cancel()
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

    /// The processes of this library that have workers, and how to see whether they are alive.
    func processes() async throws -> [ByteString: ProcessIdentity] {
        var processes: [ByteString: ProcessIdentity] = [:]
        for (process, identity) in try await pairs(keys.processes) {
            processes[ByteString(process)] = try? JSONReader.decode(ProcessIdentity.self, from: Array(identity.utf8))
        }
        return processes
    }

    /// The last heartbeat of each worker.
    func heartbeats() async throws -> [WorkerID: String] {
        Dictionary(try await pairs(keys.heartbeat).map { (WorkerID($0.key), $0.value) }) { first, _ in first }
    }

    /// All workers, of any program.
    func workers() async throws -> [WorkerID] {
        try await send("SMEMBERS", keys.workers).texts.map { WorkerID($0) }
    }

    /// Removes what is left of a process, also of workers that Ruby has pruned: Ruby does not know these keys.
    func forget(_ process: String) async throws {
        _ = try await send("HDEL", keys.processes, process)
        let ids = try await send("HKEYS", keys.reservations).texts.map { WorkerID($0) }
            .filter { $0.process.hasSameBytes(as: process) }
        for id in ids {
            // A worker that is registered still has its job there.
            guard try await send("SISMEMBER", keys.workers, id.description).int == 0 else { continue }
            _ = try await send("HDEL", keys.reservations, id.description)
            _ = try await send("DEL", keys.ping(id.name))
        }
    }

    private func pairs(_ hash: String) async throws -> [(key: String, value: String)] {
        let texts = try await send("HGETALL", hash).texts
        return stride(from: 0, to: texts.count - 1, by: 2).map { (texts[$0], texts[$0 + 1]) }
    }
}
