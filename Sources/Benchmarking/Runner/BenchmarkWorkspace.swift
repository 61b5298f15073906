#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A folder of a benchmark's own, which is gone after it, and the backgroundTasks of its tasks.
struct BenchmarkWorkspace: Sendable {
    let folder: String
    let backgroundTasks: BackgroundTasks
    let reaper: ProcessReaper

    static func open<Result>(_ body: (BenchmarkWorkspace) async throws -> Result) async throws -> Result {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let folder = "\(temporary)/bgdemo-compare-\(UInt32.random(in: .min ... .max))"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw BenchmarkError("no folder can be made in \(temporary), where TMPDIR points: \(error)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let reaper = ProcessReaper()
        return try await BackgroundTasks.open { backgroundTasks in
            backgroundTasks.add { await reaper.work(folder: folder) }
            return try await body(BenchmarkWorkspace(folder: folder, backgroundTasks: backgroundTasks, reaper: reaper))
        }
    }

    func start(_ command: RunningProcess.Command) async throws -> RunningProcess {
        try await RunningProcess.start(command, in: backgroundTasks, watch: reaper)
    }
}
