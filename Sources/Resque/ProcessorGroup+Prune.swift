import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Prunes dead workers, as Ruby's `prune_dead_workers` does, but again and again: it removes their keys, and their jobs
/// go back to their queues or to `failed`.
extension ProcessorGroup {
    /// After Redis was away: Ruby's workers give a sign each minute.
    private static let graceAfterOutage = Duration.seconds(65)

    /// For how long a worker of this library from before leases may write no heartbeat.
    private static let deadWithoutLease = Duration.seconds(60)

    /// Looks until cancelled. Workers that it found before are still pruned: there may be no other worker to do it.
    func pruneDeadWorkers() async {
        let interval = min(.seconds(2), options.deadAfter / LeaseMonitor.looks)
        var state = PruneState(monitor: HeartbeatMonitor(grace: options.heartbeat * 3))
        while !Task.isCancelled {
            let last = state
            state = await Task { await round(last) }.value
            try? await Task.sleep(for: interval)
        }
    }

    /// What is known from one round to the next.
    private struct PruneState {
        var leases = LeaseMonitor()
        var monitor: HeartbeatMonitor
        var looked: ContinuousClock.Instant?
        /// Dead workers that could not be pruned, which was reported.
        var refused: Set<WorkerID> = []
    }

    private func round(_ last: PruneState) async -> PruneState {
        var state = last
        do {
            let processes = try await store.processes()
            let expired = state.leases.expired(among: processes.compactMapValues(\.identity.lease))
            try await prune(
                processes.filter { $0.value.identity.isGone || expired.contains($0.key) }, &state.refused)
            if state.looked.map({ ContinuousClock.now - $0 >= options.heartbeat }) ?? true {
                try await pruneExpired(processes, &state)
                state.looked = .now
            }
        } catch {
            // A failed scan does not make a worker dead.
            state.leases = LeaseMonitor()
            state.monitor = HeartbeatMonitor(grace: Self.graceAfterOutage)
        }
        return state
    }

    private typealias Processes = [ByteString: (identity: ProcessIdentity, text: String)]

    /// Prunes all workers of processes that are dead. One that renews its lease after all keeps those that are left.
    private func prune(_ processes: Processes, _ refused: inout Set<WorkerID>) async throws {
        guard !processes.isEmpty else { return }
        var living = Set<ByteString>()
        for id in try await store.workers() {
            let process = ByteString(id.process)
            guard let text = processes[process]?.text else { continue }
            if try await !prune(id, process: text, isOurs: true, &refused) { living.insert(process) }
        }
        for process in processes.keys where !living.contains(process) { try await store.forget(process.text) }
    }

    /// Prunes workers without a lease that have written no heartbeat for too long.
    private func pruneExpired(_ processes: Processes, _ state: inout PruneState) async throws {
        let heartbeats = try await store.heartbeats().filter {
            processes[ByteString($0.key.process)]?.identity.lease == nil
        }
        let now = try await store.time()
        let expired = state.monitor.dead(among: heartbeats, at: now) { id in
            // Another program may beat as rarely as it likes, and does not say how often.
            processes[ByteString(id.process)] == nil ? options.otherProgramDeadAfter : Self.deadWithoutLease
        }
        for id in expired {
            let isOurs = processes[ByteString(id.process)] != nil
            _ = try await prune(id, heartbeat: heartbeats[id], isOurs: isOurs, &state.refused)
        }
        // A process without workers has nothing else that shows it is alive.
        let left = Set(Set(heartbeats.keys).subtracting(expired).map { ByteString($0.process) })
        for process in Set(expired.map { ByteString($0.process) }).subtracting(left) {
            try await store.forget(process.text)
        }
    }

    /// Prunes one worker. What Redis refuses, such as for a key of another type, is reported once and keeps no other worker.
    ///
    /// - Returns: False where the worker is alive, or cannot be pruned yet.
    private func prune(
        _ id: WorkerID, heartbeat: String? = nil, process: String? = nil, isOurs: Bool, _ refused: inout Set<WorkerID>
    ) async throws -> Bool {
        do {
            let isPruned = try await prune(id, heartbeat: heartbeat, process: process, isOurs: isOurs)
            refused.remove(id)
            return isPruned
        } catch let error as ResqueError where error.concernsOneCall {
            if refused.insert(id).inserted { emit(id, .error(error, nil)) }
            return false
        }
    }

    private func prune(
        _ id: WorkerID, heartbeat: String?, process: String?, isOurs: Bool
    ) async throws -> Bool {
        let (record, history) = try await store.record(of: id)
        let acknowledgement =
            record.content.map { isOurs ? self.acknowledgement(of: $0, history, with: id) : Self.failed($0, of: id) }
            ?? .skip
        guard try await store.removeWorker(id, record, heartbeat: heartbeat, process: process, acknowledgement) else {
            return false
        }
        // The scheduler of the process is dead, too.
        _ = try await store.run(ResqueScripts.releaseLeadership, keys: [store.keys.leader], [String(id.process)])
        emit(WorkerID(WorkerID.process), .cleaningWorker(id.description))
        wakeup.signal()
        return true
    }

    /// The job of another program's worker fails as Ruby has it: back in its queue it might be performed twice.
    private static func failed(_ record: WorkingRecord, of id: WorkerID) -> Acknowledgement {
        return .failed(
            FailedEntry.entry(
                job: record.job, exception: "Resque::PruneDeadWorkerDirtyExit",
                error: "the worker gave no sign of life while it performed the job", worker: id.description,
                queue: record.queue))
    }

    /// What becomes of the job of a dead worker. One that comes back for the second time queues at the end, so that a
    /// job that kills its workers does not keep the others waiting.
    private func acknowledgement(of record: WorkingRecord, _ history: JobHistory, with id: WorkerID) -> Acknowledgement
    {
        var history = history
        history.crashCount += 1
        if options.onDeadWorker == .requeue, history.crashCount < options.maxCrashes {
            return history.crashCount == 1 ? .front(history) : .back(history)
        }
        let error =
            history.crashCount < options.maxCrashes
            ? "the worker died while it performed the job"
            : "\(history.crashCount) workers died while they performed the job"
        return .failed(
            FailedEntry.entry(
                job: record.job, exception: "Resque::DirtyExit", error: error,
                worker: id.description, queue: record.queue))
    }
}

/// Finds dead workers: those whose heartbeat is too old, and stays the same while they are watched for some time.
///
/// After an outage of Redis all heartbeats are old, and each worker needs time to write another.
struct HeartbeatMonitor {
    /// How long a silent one has to be watched.
    let grace: Duration
    private var suspects: [WorkerID: (heartbeat: String, since: ContinuousClock.Instant)] = [:]

    init(grace: Duration) {
        self.grace = grace
    }

    /// - Parameter limit: How old a worker's last heartbeat may be.
    mutating func dead(
        among heartbeats: [WorkerID: String], at now: Date, limit: (WorkerID) -> Duration
    ) -> [WorkerID] {
        let clock = ContinuousClock.now
        suspects = suspects.filter { heartbeats[$0.key]?.hasSameBytes(as: $0.value.heartbeat) == true }
        for (id, heartbeat) in heartbeats where suspects[id] == nil {
            guard let time = Date(iso8601: heartbeat) else { continue }
            if now.timeIntervalSince(time) > limit(id) / .seconds(1) { suspects[id] = (heartbeat, clock) }
        }
        return suspects.filter { clock - $0.value.since > grace }.map(\.key)
    }
}
