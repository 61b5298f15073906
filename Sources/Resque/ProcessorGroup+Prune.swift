import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Looks for the dead, as Ruby's `prune_dead_workers` does, but again and again. Theirs are the keys to clean up, and
/// a job that must not be lost.
extension ProcessorGroup {
    /// After Redis was away: Ruby's workers give a sign each minute.
    private static let graceAfterOutage = Duration.seconds(65)

    /// Looks until cancelled. Those whom it found before are still buried: nobody may come who would.
    func pruneDeadWorkers() async {
        var state = PruneState(monitor: HeartbeatMonitor(grace: options.heartbeat * 3))
        while !Task.isCancelled {
            let last = state
            state = await Task { await round(last) }.value
            try? await Task.sleep(for: .seconds(2))
        }
    }

    /// What is known from one round to the next.
    private struct PruneState {
        var monitor: HeartbeatMonitor
        var looked: ContinuousClock.Instant?
    }

    private func round(_ last: PruneState) async -> PruneState {
        var state = last
        do {
            let processes = try await store.processes()
            try await pruneGone(processes)
            if state.looked.map({ ContinuousClock.now - $0 >= options.heartbeat }) ?? true {
                try await pruneExpired(processes, &state.monitor)
                state.looked = .now
            }
        } catch {
            // Who could not be seen was not silent.
            state.monitor = HeartbeatMonitor(grace: Self.graceAfterOutage)
        }
        return state
    }

    /// Buries who was on this host, at once.
    private func pruneGone(_ processes: [String: ProcessIdentity]) async throws {
        let gone = Set(processes.filter { $0.value.isGone }.keys)
        guard !gone.isEmpty else { return }
        for id in try await store.workers() where gone.contains(String(id.process)) {
            try await prune(id, heartbeat: nil)
        }
        for process in gone { try await store.forget(process) }
    }

    /// Buries who has given no sign of life for too long, anywhere.
    private func pruneExpired(_ processes: [String: ProcessIdentity], _ monitor: inout HeartbeatMonitor) async throws {
        let heartbeats = try await store.heartbeats()
        let now = try await store.time()
        let expired = monitor.dead(among: heartbeats, at: now) { id in
            // Ours beat often; the limit of Ruby's own is five minutes.
            processes[String(id.process)] == nil ? .seconds(300) : options.deadAfter
        }
        for id in expired { try await prune(id, heartbeat: heartbeats[id]) }
        // Where nobody is left of a process, nothing else says that it lives.
        let left = Set(heartbeats.keys).subtracting(expired).map { String($0.process) }
        for process in Set(expired.map { String($0.process) }).subtracting(left) { try await store.forget(process) }
    }

    private func prune(_ id: WorkerID, heartbeat: String?) async throws {
        let (record, history) = try await store.record(of: id)
        let acknowledgement = record.map { self.acknowledgement(of: $0, history, with: id) } ?? .skip
        guard try await store.removeWorker(id, record, heartbeat: heartbeat, acknowledgement) else { return }
        // Its scheduler died with it.
        _ = try await store.run(ResqueScripts.releaseLeadership, keys: [store.keys.leader], [String(id.process)])
        emit(WorkerID(WorkerID.process), .cleaningWorker(id.description))
        wakeup.signal()
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
        let isJSON = (try? Job(record.job, from: record.queue)) != nil
        return .failed(
            FailedEntry.entry(
                job: record.job, isJSON: isJSON, exception: "Resque::DirtyExit", error: error,
                worker: id.description, queue: record.queue))
    }
}

/// Tells silence from death: who was silent when first looked at, and still has not moved some time later.
///
/// After Redis was away everybody's last heartbeat is old, and each needs the time to give another.
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
        suspects = suspects.filter { heartbeats[$0.key] == $0.value.heartbeat }
        for (id, heartbeat) in heartbeats where suspects[id] == nil {
            guard let time = Date(iso8601: heartbeat) else { continue }
            if now.timeIntervalSince(time) > limit(id) / .seconds(1) { suspects[id] = (heartbeat, clock) }
        }
        return suspects.filter { clock - $0.value.since > grace }.map(\.key)
    }
}
