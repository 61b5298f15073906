import Foundation
import BgdemoSystemCompat
public import Subprocess
import Synchronization

/// A `bgdemo` process that a test started: the program as its users run it.
public final class Program: Sendable {
    private struct State {
        var lines: [String] = []
        var isOver = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    /// What the test waited for in vain.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let pid: Int32
    private let state = Mutex(State())
    private let send: @Sendable (Signal) throws -> Void

    fileprivate init(pid: Int32, send: @escaping @Sendable (Signal) throws -> Void) {
        self.pid = pid
        self.send = send
    }

    /// All lines until now, of standard output and standard error.
    public var lines: [String] { state.withLock(\.lines) }

    public func signal(_ signal: Signal) throws { try send(signal) }

    /// The first line that `matches`, when it is there.
    ///
    /// - Throws: ``Failure`` with all lines where the program ends, or the limit passes, without one.
    public func line(
        within limit: Duration = .seconds(60), where matches: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await self.search(matches) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Failure(description: "no such line within \(limit):\n\(self.lines.joined(separator: "\n"))")
            }
            defer { group.cancelAll() }
            guard let line = try await group.next() else { throw Failure(description: "nothing was waited for") }
            return line
        }
    }

    /// Returns when the program has ended by itself.
    public func end(within limit: Duration = .seconds(60)) async throws {
        do {
            _ = try await line(within: limit) { _ in false }
        } catch is Failure where state.withLock(\.isOver) {}
    }

    private func search(_ matches: (String) -> Bool) async throws -> String {
        var seen = 0
        while true {
            let (lines, isOver) = state.withLock { ($0.lines, $0.isOver) }
            if let line = lines[seen...].first(where: matches) { return line }
            guard !isOver else {
                throw Failure(description: "the program ended without such a line:\n\(lines.joined(separator: "\n"))")
            }
            try Task.checkCancellation()
            seen = lines.count
            await change(past: seen)
        }
    }

    /// Returns when there are more lines than `count`, the program is over, or the task was cancelled.
    private func change(past count: Int) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    let isDue = state.lines.count > count || state.isOver || Task.isCancelled
                    if !isDue { state.waiting[number] = continuation }
                    return isDue
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
        }
    }

    fileprivate func add(_ line: String?) {
        let waiting = state.withLock { state in
            if let line { state.lines.append(line) } else { state.isOver = true }
            defer { state.waiting.removeAll() }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// Runs `bgdemo` with these arguments for as long as `body` runs; then ends it by SIGTERM, or after 10 s by SIGKILL.
///
/// - Parameters:
///   - environment: Variables beside the test's own; a test says which of those that bgdemo reads.
///   - executable: The program. Default: `bgdemo`.
///   - shell: What a shell does before it becomes the program, such as `ulimit -n 40`.
/// - Returns: What `body` returns, and how the program ended.
public func withProgram<Result: Sendable>(
    _ arguments: [String], environment: [String: String] = [:], executable: String = bgdemoPath,
    shell: String? = nil, _ body: @Sendable @escaping (Program) async throws -> Result
) async throws -> (result: Result, status: TerminationStatus) {
    let variables = Dictionary(
        uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), Optional($0.value)) })
    let configuration = Configuration(
        executable: .path(FilePath(shell == nil ? executable : "/bin/sh")),
        arguments: Arguments(shell.map { ["-c", "\($0); exec \"$0\" \"$@\"", executable] + arguments } ?? arguments),
        environment: Subprocess.Environment.inherit.updating(variables))
    let ended = try await run(configuration, input: .none, output: .sequence, error: .combinedWithOutput) { execution in
        let program = Program(pid: execution.processIdentifier.value) { try execution.send(signal: $0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { program.add(nil) }
                for try await line in execution.standardOutput.strings() { program.add(line) }
            }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(program)) } catch { result = .failure(error) }
            await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))])
            try await group.waitForAll()
            return try result.get()
        }
    }
    return (ended.closureResult, ended.terminationStatus)
}

/// The program that was built with the tests: `bgdemo` lies beside them. Where another program runs the tests, as on
/// macOS, it is that of the usual build.
public let bgdemoPath: String = {
    let beside = URL(fileURLWithPath: CurrentExecutable.path).deletingLastPathComponent().appending(path: "bgdemo")
    guard !FileManager.default.isExecutableFile(atPath: beside.path) else { return beside.path }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
    return root.appending(path: ".build/debug/bgdemo").standardizedFileURL.path
}()
