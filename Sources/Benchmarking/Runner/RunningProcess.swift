import BgdemoPrivateRedis
import BgdemoSystemCompat
package import Subprocess
import Synchronization

/// A process of a run, from its ready line to its end.
package final class RunningProcess: Sendable {
    /// What to run.
    package struct Command: Sendable {
        /// For error messages: `web server`, `redis-server`.
        var name: String
        var executable: String
        var arguments: [String]
        /// Whether this line of its output is the ready line.
        var isReady: @Sendable (String) -> Bool
        /// Called with each line of its output, in their order. Default: none.
        package var didPrint: @Sendable (String) -> Void = { _ in }

        package init(
            name: String, executable: String, arguments: [String], isReady: @escaping @Sendable (String) -> Bool
        ) {
            (self.name, self.executable, self.arguments, self.isReady) = (name, executable, arguments, isReady)
        }
    }

    private enum Progress: Sendable {
        case started(Int32, @Sendable (Signal) throws -> Void)
        case printed(String)
    }

    let name: String
    package let pid: Int32
    private let send: @Sendable (Signal) throws -> Void
    private let running: AsyncStream<Never>

    private init(
        _ name: String, _ pid: Int32, _ running: AsyncStream<Never>,
        _ send: @escaping @Sendable (Signal) throws -> Void
    ) {
        (self.name, self.pid, self.running, self.send) = (name, pid, running, send)
    }

    /// Starts the process and returns when it is ready.
    ///
    /// - Throws: ``BenchmarkError`` with its output if it ends before, or is not ready within `limit`.
    static func start(
        _ command: Command, in backgroundTasks: BackgroundTasks, watch: ProcessReaper, limit: Duration = .seconds(30)
    ) async throws -> RunningProcess {
        let (events, event) = AsyncStream.makeStream(of: Progress.self, bufferingPolicy: .bufferingOldest(1000))
        let (running, life) = AsyncStream.makeStream(of: Never.self)
        backgroundTasks.add {
            defer {
                event.finish()
                life.finish()
            }
            do { try await live(command, watch, event) } catch { event.yield(.printed("\(error)")) }
        }
        return try await within(limit, "\(command.name) is not ready after \(limit)") {
            var started: (Int32, @Sendable (Signal) throws -> Void)?
            var printed: [String] = []
            for await event in events {
                switch event {
                case .started(let pid, let send): started = (pid, send)
                case .printed(let line):
                    printed.append(line)
                    guard command.isReady(line), let (pid, send) = started else { continue }
                    return RunningProcess(command.name, pid, running, send)
                }
            }
            throw BenchmarkError(
                "\(command.name) ended before it was ready:\n\(printed.suffix(10).joined(separator: "\n"))")
        }
    }

    private static func live(
        _ command: Command, _ watch: ProcessReaper, _ event: AsyncStream<Progress>.Continuation
    ) async throws {
        var options = PlatformOptions()
        // In its own group it does not get the SIGINT of Ctrl-C.
        options.processGroupID = 0
        _ = try await run(
            Configuration(
                executable: command.executable.contains("/")
                    ? .path(FilePath(command.executable)) : .name(command.executable),
                arguments: Arguments(command.arguments), environment: CleanEnvironment.environment,
                platformOptions: options),
            input: .none, output: .sequence, error: .combinedWithOutput
        ) { execution in
            let pid = execution.processIdentifier.value
            watch.add(pid)
            defer { watch.remove(pid) }
            event.yield(.started(pid) { try execution.send(signal: $0) })
            // All output is read: a full pipe would block the process.
            for try await line in execution.standardOutput.strings() {
                event.yield(.printed(line))
                command.didPrint(line)
            }
        }
    }

    package func signal(_ signal: Signal) throws { try send(signal) }

    /// Returns when the process has ended. Only one task at a time may call it.
    package func ended() async {
        for await _ in running {}
    }
}

/// Why a subject cannot be measured.
public struct BenchmarkError: Error, Hashable, CustomStringConvertible {
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Runs `body` with a time limit.
func within<Result: Sendable>(
    _ limit: Duration, _ complaint: @autoclosure @Sendable @escaping () -> String,
    _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw BenchmarkError(complaint())
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw BenchmarkError(complaint()) }
        return result
    }
}
