import Foundation
import BgdemoSystemCompat
import Subprocess

/// Why a server that a test needs did not start. Nothing is skipped for it.
public struct ExternalServerFailure: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// Runs `body` with a server of another project (nginx, haproxy, Postfix), which ends with it by SIGTERM, or after 10 s
/// by SIGKILL.
///
/// - Parameters:
///   - program: Its name in PATH, or its path. `./setup test` installs it.
///   - port: On 127.0.0.1; when it accepts connections, `body` begins.
public func withExternalServer<Result: Sendable>(
    _ program: String, _ arguments: [String], port: Int, _ body: @Sendable @escaping () async throws -> Result
) async throws -> Result {
    let executable: Executable = program.hasPrefix("/") ? .path(FilePath(program)) : .name(program)
    let ended = try await run(
        executable, arguments: Arguments(arguments), input: .none, output: .sequence, error: .combinedWithOutput
    ) { execution in
        let output = Task {
            var lines: [String] = []
            for try await line in execution.standardOutput.strings() { lines.append(line) }
            return lines
        }
        let result: Swift.Result<Result, any Error>
        do {
            try await waitUntilAccepting(port, program)
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))])
        let lines = try await output.value
        if case .failure(let error as ExternalServerFailure) = result {
            throw ExternalServerFailure(description: "\(error)\n\(lines.joined(separator: "\n"))")
        }
        return try result.get()
    }
    return ended.closureResult
}

private func waitUntilAccepting(_ port: Int, _ program: String) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if let client = try? await RawClient.connect(port: port) {
            return await client.close()
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw ExternalServerFailure(description: "\(program) does not listen on port \(port)")
}
