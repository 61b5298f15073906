import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the processes of a running take while it is loaded. They are looked at twice a second, so that one which is
/// killed has been seen.
final class ProcessSampler: Sendable {
    private struct Seen {
        let name: String
        let before: Double
        var cpuSeconds: Double
        var memoryBytes: Int
    }

    private let seen = Mutex<[Int32: Seen]>([:])

    /// What they took until now is not counted.
    func begin(_ running: RunningSubject) async { await look(running, isFirst: true) }

    func look(_ running: RunningSubject) async { await look(running, isFirst: false) }

    private func look(_ running: RunningSubject, isFirst: Bool) async {
        var names = Dictionary(await running.pids().map { ($0.pid, $0.name) }) { first, _ in first }
        names[ProcessInfo.processInfo.processIdentifier] = ProcessCost.measuring
        let rows = await ProcessTable.rows(Array(names.keys))
        seen.withLock { seen in
            for row in rows {
                var process =
                    seen[row.pid]
                    ?? Seen(
                        name: names[row.pid] ?? "", before: isFirst ? row.cpuSeconds : 0, cpuSeconds: 0, memoryBytes: 0)
                process.cpuSeconds = row.cpuSeconds
                process.memoryBytes = max(process.memoryBytes, row.memoryBytes)
                seen[row.pid] = process
            }
        }
    }

    /// Looks, and tells how it goes, until the task is cancelled.
    func work(
        _ running: RunningSubject, _ recorder: DeliveryRecorder, _ load: Load, _ tell: @Sendable (LoadProgress) -> Void
    ) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
            await look(running)
            tell(recorder.progress(of: load))
        }
    }

    /// Processes of one name, such as those before and after a restart, together.
    var costs: [ProcessCost] {
        let processes = seen.withLock { Array($0.values) }
        return (ProcessRole.allCases.map(\.rawValue) + ["redis-server", ProcessCost.measuring]).compactMap { name in
            let those = processes.filter { $0.name == name }
            guard let peak = those.map(\.memoryBytes).max() else { return nil }
            return ProcessCost(
                name: name, cpuSeconds: those.reduce(0) { $0 + $1.cpuSeconds - $1.before }, peakMemoryBytes: peak)
        }
    }
}

extension DeliveryRecorder {
    func progress(of load: Load) -> LoadProgress {
        let counts = counts
        return LoadProgress(
            seconds: Double(max(0, DeliveryRecorder.now - origin)) / 1e9, of: load.seconds, sent: counts.sent,
            answered: counts.answered, accepted: counts.accepted, delivered: counts.delivered, backlog: counts.backlog,
            p99Milliseconds: takeP99())
    }
}
