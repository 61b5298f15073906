import BgdemoFoundations
import Logging
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the leader removes: workers of node that are stuck, which is a duty of node's leader (`checkStuckWorkers`), and what
/// is left of workers of this library that Ruby has pruned.
extension Scheduler {
    /// How often the leader looks.
    static let cleanupInterval = Duration.seconds(60)

    /// - Parameter suspects: Ids that had leftovers the last time.
    /// - Returns: Those that have them now.
    func cleanUp(_ suspects: Set<ByteString>) async throws -> Set<ByteString> {
        let workers = try await store.registeredWorkers()
        let own = try await store.processes()
        try await cleanStuckWorkers(workers.filter { own[ByteString($0.process)] == nil })
        let leftovers = try await store.leftovers(besides: workers)
        for id in leftovers.intersection(suspects) { try await store.removeLeftovers(of: WorkerID(id.text)) }
        return leftovers
    }

    /// Removes workers that ping, as node's do, and have not done so for too long. Their jobs go to `failed`.
    private func cleanStuckWorkers(_ workers: [WorkerID]) async throws {
        guard !workers.isEmpty else { return }
        let now = try await store.time()
        let pings = try await store.send(["MGET"] + workers.map { store.keys.ping($0.name) })
        for (place, id) in workers.enumerated() {
            guard let ping = pings[place]?.bytes, let time = (try? JSONObject(ping))?["time"]?.double,
                now.timeIntervalSince1970 - time > stuckAfter / .seconds(1)
            else { continue }
            do {
                try await remove(id, now)
            } catch let error as ResqueError where error.concernsOneCall {
                logger.error(
                    "A stuck worker cannot be removed",
                    metadata: ["worker": "\(printable(id.description, limit: 200))", "error": "\(error)"])
            }
        }
    }

    private func remove(_ id: WorkerID, _ now: Date) async throws {
        let (record, _) = try await store.record(of: id)
        let acknowledgement: Acknowledgement = record.content.map { .failed(stuckEntry($0, id, now)) } ?? .skip
        guard try await store.removeWorker(id, record, heartbeat: nil, acknowledgement) else { return }
        logger.notice("Removed a stuck worker", metadata: ["worker": "\(printable(id.description, limit: 200))"])
    }

    /// As node writes it; by the second line of the backtrace node finds what it may retry.
    private func stuckEntry(_ record: WorkingRecord, _ id: WorkerID, _ now: Date) -> [UInt8] {
        FailedEntry.entry(
            job: record.job, exception: "Worker Timeout (killed manually)", error: "Worker Timeout (killed manually)",
            backtrace: ["killed by \(name) at \(now.iso8601)", "queue#forceCleanWorker"], worker: id.description,
            queue: record.queue)
    }
}

extension ResqueStore {
    /// The ids of workers of this library that are not registered, and still have keys that only this library knows.
    func leftovers(besides workers: [WorkerID]) async throws -> Set<ByteString> {
        let registered = Set(workers.map { ByteString($0.description) })
        var ids = try await send("HKEYS", keys.reservations).list + send("HKEYS", keys.locks).list
        // A process without a worker.
        var processes = Set(workers.map { ByteString($0.process) })
        // One that has a job beside the registered worker of its process.
        for id in try await self.workers() where !registered.contains(ByteString(id.description)) {
            if try await send("EXISTS", keys.worker(id.description)).int == 1 {
                processes.insert(ByteString(id.process))
            }
        }
        ids += try await send("HKEYS", keys.processes).list.filter { !processes.contains(ByteString($0)) }
        return Set(ids.map { ByteString($0) }).subtracting(registered)
    }

    /// Removes the keys of a worker or a process that is not registered, unless a job is recorded with it.
    func removeLeftovers(of id: WorkerID) async throws {
        guard try await send("EXISTS", keys.worker(id.description)).int == 0 else { return }
        try await removePings(of: id.description)
        _ = try await removeKeys(of: id, in: [keys.reservations, keys.locks, keys.processes])
    }

    /// Removes a worker's ping and its fields of these hashes. False where a job is recorded with it, which may be
    /// reserved meanwhile.
    func removeKeys(of id: WorkerID, in hashes: [String]) async throws(ResqueError) -> Bool {
        let worker = id.description
        return try await run(
            ResqueScripts.removeLeftovers, keys: [keys.worker(worker), keys.ping(id.name)] + hashes, [worker]
        ).int == 1
    }
}

extension ResqueScripts {
    /// Removes keys of a worker, unless a job is recorded with it.
    ///
    ///     KEYS[1]     string `worker:<id>`
    ///     KEYS[2]     string `worker:ping:<name>`
    ///     KEYS[3...]  hashes: worker id → what is removed
    ///     ARGV[1]     id of the worker
    ///
    /// Returns 1, or 0 where a job is recorded.
    static let removeLeftovers = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        for i = 3, #KEYS do redis.call('HDEL', KEYS[i], ARGV[1]) end
        redis.call('DEL', KEYS[2])
        return 1
        """)
}
