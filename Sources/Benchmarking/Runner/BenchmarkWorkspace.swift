import BgdemoPrivateRedis
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A folder that is deleted after the run, and the tasks and processes of the run.
package struct BenchmarkWorkspace: Sendable {
    package let folder: String
    package let backgroundTasks: BackgroundTasks
    let reaper: ProcessReaper

    package static func open<Result>(_ body: (BenchmarkWorkspace) async throws -> Result) async throws -> Result {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let folder = "\(temporary)/bgdemo-compare-\(UInt32.random(in: .min ... .max))"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw BenchmarkError("cannot create a folder in \(temporary) (TMPDIR): \(error.fileReason)")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let reaper = ProcessReaper()
        return try await BackgroundTasks.open { backgroundTasks in
            backgroundTasks.add { await reaper.run(folder: folder) }
            return try await body(BenchmarkWorkspace(folder: folder, backgroundTasks: backgroundTasks, reaper: reaper))
        }
    }

    package func start(_ command: RunningProcess.Command) async throws -> RunningProcess {
        try await RunningProcess.start(command, in: backgroundTasks, watch: reaper)
    }
}
