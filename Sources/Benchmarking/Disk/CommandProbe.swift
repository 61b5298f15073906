import BgdemoPrivateRedis
import Subprocess

/// Whether a tool that a fault needs is there and works.
enum CommandProbe {
    /// Whether the command ends with 0. Its output is discarded.
    static func succeeds(_ program: String, _ arguments: [String]) async -> Bool {
        let result = try? await run(
            .name(program), arguments: Arguments(arguments), environment: CleanEnvironment.environment, input: .none,
            output: .discarded, error: .discarded)
        return result?.terminationStatus.isSuccess ?? false
    }
}
