import Redis

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Looks for the dead, as Ruby's `prune_dead_workers` does, but again and again. Theirs are the keys to clean up, and
/// a job that must not be lost.
extension Crew {
    /// After Redis was away: Ruby's workers give a sign each minute.
    private static let longPatience = Duration.seconds(65)

    /// Looks until cancelled. Those whom it found before are still buried: nobody may come who would.
    func prune() async {
        var sexton = Sexton(watch: DeathWatch(patience: options.heartbeat * 3))
        while !Task.isCancelled {
            let last = sexton
            sexton = await Task { await round(last) }.value
            try? await Task.sleep(for: .seconds(2))
        }
    }

    /// What is known from one round to the next.
    private struct Sexton {
        var watch: DeathWatch
        var looked: ContinuousClock.Instant?
    }

    private func round(_ last: Sexton) async -> Sexton {
        var sexton = last
        do {
            let processes = try await store.processes()
            try await pruneGone(processes)
            if sexton.looked.map({ ContinuousClock.now - $0 >= options.heartbeat }) ?? true {
                try await pruneSilent(processes, &sexton.watch)
                sexton.looked = .now
            }
        } catch {
            // Who could not be seen was not silent.
            sexton.watch = DeathWatch(patience: Self.longPatience)
        }
        return sexton
    }

    /// Buries who was on this host, at once.
    private func pruneGone(_ processes: [String: ProcessIdentity]) async throws {
        let gone = Set(processes.filter { $0.value.isGone }.keys)
        guard !gone.isEmpty else { return }
        for id in try await store.workers() where gone.contains(String(id.process)) {
            try await bury(id, heartbeat: nil)
        }
        for process in gone { try await store.forget(process) }
    }

    /// Buries who has given no sign of life for too long, anywhere.
    private func pruneSilent(_ processes: [String: ProcessIdentity], _ watch: inout DeathWatch) async throws {
        let heartbeats = try await store.heartbeats()
        let now = try await store.time()
        let silent = watch.dead(among: heartbeats, at: now) { id in
            // Ours beat often; the limit of Ruby's own is five minutes.
            processes[String(id.process)] == nil ? .seconds(300) : options.deadAfter
        }
        for id in silent { try await bury(id, heartbeat: heartbeats[id]) }
        // Where nobody is left of a process, nothing else says that it lives.
        let left = Set(heartbeats.keys).subtracting(silent).map { String($0.process) }
        for process in Set(silent.map { String($0.process) }).subtracting(left) { try await store.forget(process) }
    }

    private func bury(_ id: WorkerID, heartbeat: String?) async throws {
        let (record, memory) = try await store.record(of: id)
        let outcome = record.map { self.outcome(of: $0, memory, with: id) } ?? .skip
        guard try await store.bury(id, record, heartbeat: heartbeat, outcome) else { return }
        // Its scheduler died with it.
        _ = try await store.run(Scripts.resign, keys: [store.keys.leader], [String(id.process)])
        tell(WorkerID(WorkerID.process), .cleaningWorker(id.description))
        bell.ring()
    }

    /// What becomes of the job of a dead worker. One that comes back for the second time queues at the end, so that a
    /// job that kills its workers does not keep the others waiting.
    private func outcome(of record: Record, _ memory: Memory, with id: WorkerID) -> Outcome {
        var memory = memory
        memory.strikes += 1
        if options.onDeadWorker == .requeue, memory.strikes < options.strikes {
            return memory.strikes == 1 ? .front(memory) : .back(memory)
        }
        let error =
            memory.strikes < options.strikes
            ? "the worker died while it performed the job"
            : "\(memory.strikes) workers died while they performed the job"
        let isJSON = (try? Job(record.job, from: record.queue)) != nil
        return .failed(
            Failure.entry(
                job: record.job, isJSON: isJSON, exception: "Resque::DirtyExit", error: error,
                worker: id.description, queue: record.queue))
    }
}

/// Tells silence from death: who was silent when first looked at, and still has not moved some time later.
///
/// After Redis was away everybody's last heartbeat is old, and each needs the time to give another.
struct DeathWatch {
    /// How long a silent one has to be watched.
    let patience: Duration
    private var suspects: [WorkerID: (heartbeat: String, since: ContinuousClock.Instant)] = [:]

    init(patience: Duration) {
        self.patience = patience
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
        return suspects.filter { clock - $0.value.since > patience }.map(\.key)
    }
}
