import BgdemoCore
import BgdemoPrivateRedis
import RedisClient
public import Subprocess
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The redis-server of one subject: fresh, with an append-only file, on a free port of 127.0.0.1.
public final class TestRedis: Sendable {
    public let port: Int
    private let workspace: BenchmarkWorkspace
    private let folder: String
    private let diskSync: DiskSync?
    private let process: Mutex<RunningProcess>

    public var url: String { "redis://127.0.0.1:\(port)" }
    public var pid: Int32 { process.withLock(\.pid) }

    /// - Parameter name: Of its folder within that of the run, where the run has several. Default: none.
    package static func start(in workspace: BenchmarkWorkspace, name: String? = nil) async throws -> TestRedis {
        try await start(in: workspace, name: name, diskSync: nil, disk: nil)
    }

    /// - Parameters:
    ///   - diskSync: When it forces its file to disk. Default of Redis: each second.
    ///   - disk: Records that it did; nil where that is not wanted.
    static func start(
        in workspace: BenchmarkWorkspace, name: String? = nil, diskSync: DiskSync?, disk: DiskRecorder?
    ) async throws -> TestRedis {
        let folder = name.map { "\(workspace.folder)/\($0)" } ?? workspace.folder
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard PrivateRedis.program(ProcessInfo.processInfo.environment) != nil else {
            throw BenchmarkError(
                "redis-server is missing: apt-get install redis-server, or brew install redis")
        }
        // Another program may use the port before redis-server does.
        for attempt in 0..<5 {
            do {
                let port = try await PortAllocator.free()
                let command = command(port, folder, diskSync)
                let process = try await workspace.start(disk?.traced(command) ?? command)
                return TestRedis(workspace, folder, port, diskSync, process)
            } catch  where attempt < 4 && !Task.isCancelled {}
        }
        throw CancellationError()
    }

    private init(
        _ workspace: BenchmarkWorkspace, _ folder: String, _ port: Int, _ diskSync: DiskSync?, _ process: RunningProcess
    ) {
        (self.workspace, self.folder, self.port, self.diskSync) = (workspace, folder, port, diskSync)
        self.process = Mutex(process)
    }

    private static func command(_ port: Int, _ folder: String, _ sync: DiskSync?) -> RunningProcess.Command {
        RunningProcess.Command(
            name: "redis-server", executable: "redis-server",
            arguments: [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", "",
                "--daemonize", "no", "--appendfsync", sync == .beforeAnswer ? "always" : "everysec",
            ]
        ) { $0.contains("eady to accept connections") }
    }

    /// `.kill` ends it, `.suspend` freezes it, `.resume` thaws it.
    ///
    /// - Throws: The system's error where the process has ended.
    public func signal(_ signal: Signal) throws { try process.withLock { $0 }.signal(signal) }

    /// Returns when the process has ended.
    public func ended() async { await process.withLock { $0 }.ended() }

    /// Waits for its end, starts it again on the same port with the same data, and returns when it accepts commands.
    ///
    /// - Throws: ``BenchmarkError`` with its output if it is not ready in time.
    public func restart() async throws {
        await ended()
        let new = try await workspace.start(Self.command(port, folder, diskSync))
        process.withLock { $0 = new }
    }
}
