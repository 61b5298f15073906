import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Samples processor time and memory of all processes twice a second, so that a process that is killed has been
/// sampled.
final class ProcessSampler: Sendable {
    private struct Seen {
        let name: String
        let before: Double
        var cpuSeconds: Double
        var memoryBytes: Int
    }

    private let seen = Mutex<[Int32: Seen]>([:])

    /// Takes the first sample; what was used before does not count.
    func begin(_ running: RunningSubject) async { await sample(running, isFirst: true) }

    func sample(_ running: RunningSubject) async { await sample(running, isFirst: false) }

    private func sample(_ running: RunningSubject, isFirst: Bool) async {
        var names = Dictionary(await running.pids().map { ($0.pid, $0.name) }) { first, _ in first }
        names[ProcessInfo.processInfo.processIdentifier] = ProcessCost.measuring
        let rows = await ProcessTable.rows(Array(names.keys))
        // A worker of a service may fork a child for each job, as Ruby's does. Those of our own processes are sampled themselves.
        let isExternal = running.subject.external != nil
        seen.withLock { seen in
            for row in rows {
                let isForeign = isExternal && row.pid != ProcessInfo.processInfo.processIdentifier
                let cpuSeconds = row.cpuSeconds + (isForeign ? row.childrenSeconds : 0)
                var process =
                    seen[row.pid]
                    ?? Seen(
                        name: names[row.pid] ?? "", before: isFirst ? cpuSeconds : 0, cpuSeconds: 0, memoryBytes: 0)
                process.cpuSeconds = cpuSeconds
                process.memoryBytes = max(process.memoryBytes, row.memoryBytes)
                seen[row.pid] = process
            }
        }
    }

    /// Samples and reports progress until the task is cancelled.
    func work(
        _ running: RunningSubject, _ recorder: DeliveryRecorder, _ load: Load,
        _ report: @Sendable (LoadProgress) -> Void
    ) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
            await sample(running)
            report(recorder.progress(of: load))
        }
    }

    /// The costs by name: a process and its successors after restarts are summed.
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
