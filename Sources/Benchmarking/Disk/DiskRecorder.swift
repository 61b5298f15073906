import BgdemoPrivateRedis
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Records what the processes of a run force to disk, by `strace`, and takes from the disk what they did not. The processes
/// are traced until then.
final class DiskRecorder: Sendable {
    /// The directories whose files lose what was not forced to disk.
    private let directories: [String]
    private let workspace: String
    private let traces = Mutex<(isOver: Bool, files: [String])>((false, []))

    /// - Parameters:
    ///   - workspace: The directory of the run; processes of Redis work in it.
    ///   - directories: Those of data, by their names in it.
    init(in workspace: String, directories: [String]) {
        self.workspace = workspace
        self.directories = directories.map { "\(workspace)/\($0)" }
    }

    /// The command, traced. It keeps its pid: the tracer (`-D`) is beside it. After ``loseUnsynced()`` the command itself.
    func traced(_ command: RunningProcess.Command) -> RunningProcess.Command {
        let file: String? = traces.withLock { traces in
            guard !traces.isOver else { return nil }
            traces.files.append("\(workspace)/\(traces.files.count).trace")
            return traces.files.last
        }
        guard let file else { return command }
        var traced = command
        traced.executable = Self.program
        traced.arguments = Self.options + ["-o", file, command.executable] + command.arguments
        return traced
    }

    /// Cuts each file to what had been forced to disk.
    ///
    /// To be called when all traced processes have ended.
    ///
    /// - Throws: ``BenchmarkError`` where a trace cannot be read, or a file cannot be cut.
    func loseUnsynced() throws {
        let files = traces.withLock { traces in
            traces.isOver = true
            return traces.files
        }
        do {
            var synced: [String: Int] = [:]
            for file in files {
                var trace = DiskTrace(directory: workspace)
                for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
                    trace.read(line)
                }
                synced.merge(trace.synced) { $1 }
            }
            for directory in directories {
                for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
                    let path = "\(directory)/\(name)"
                    let bytes = try Data(contentsOf: URL(filePath: path))
                    let length = min(bytes.count, synced[path] ?? 0)
                    if length < bytes.count { try bytes.prefix(length).write(to: URL(filePath: path)) }
                }
            }
        } catch {
            throw BenchmarkError("what was forced to disk is not known: \(error.fileReason)")
        }
    }

    private static let program = "strace"

    private static let options = [
        "-D", "-f", "-qq", "--seccomp-bpf", "-y", "-s", "0", "-e", "trace=\(DiskTrace.calls)", "-e", "signal=none",
    ]

    /// Why nothing can be recorded here; nil if it can.
    static func obstacle() async -> String? {
        await CommandProbe.succeeds(program, options + ["-o", "/dev/null", "true"])
            ? nil : "needs strace 5.3, which may trace its own children (Linux): apt-get install strace"
    }
}
