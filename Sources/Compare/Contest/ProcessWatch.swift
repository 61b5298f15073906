import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the processes of a contestant take while it is loaded. They are looked at twice a second, so that one which is
/// killed has been seen.
final class ProcessWatch: Sendable {
    private struct Seen {
        let name: String
        let before: Double
        var cpuSeconds: Double
        var memoryBytes: Int
    }

    private let seen = Mutex<[Int32: Seen]>([:])

    /// What they took until now is not counted.
    func begin(_ contestant: Contestant) async { await look(contestant, isFirst: true) }

    func look(_ contestant: Contestant) async { await look(contestant, isFirst: false) }

    private func look(_ contestant: Contestant, isFirst: Bool) async {
        var names = Dictionary(await contestant.pids().map { ($0.pid, $0.name) }) { first, _ in first }
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
        _ contestant: Contestant, _ ledger: Ledger, _ load: Load, _ tell: @Sendable (Progress) -> Void
    ) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
            await look(contestant)
            tell(ledger.progress(of: load))
        }
    }

    /// Processes of one name, such as those before and after a restart, together.
    var costs: [ProcessCost] {
        let processes = seen.withLock { Array($0.values) }
        return (Part.allCases.map(\.rawValue) + ["redis-server", ProcessCost.measuring]).compactMap { name in
            let those = processes.filter { $0.name == name }
            guard let peak = those.map(\.memoryBytes).max() else { return nil }
            return ProcessCost(
                name: name, cpuSeconds: those.reduce(0) { $0 + $1.cpuSeconds - $1.before }, peakMemoryBytes: peak)
        }
    }
}

extension Ledger {
    func progress(of load: Load) -> Progress {
        let counts = counts
        return Progress(
            seconds: Double(max(0, Ledger.now - origin)) / 1e9, of: load.seconds, sent: counts.sent,
            answered: counts.answered, accepted: counts.accepted, delivered: counts.delivered, backlog: counts.backlog,
            p99Milliseconds: takeP99())
    }
}
