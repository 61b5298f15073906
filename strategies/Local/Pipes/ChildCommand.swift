package import Subprocess
import BgdemoSystemCompat

/// The command that starts a child: this program, with arguments and variables that make it a child.
package struct ChildCommand: Sendable {
    private let arguments: [String]
    private var variables: [String: String?]

    /// - Parameters:
    ///   - arguments: Any user of the host can read them: there is no secret in them.
    ///   - variables: The variables in which the child differs from the master; nil removes one.
    package init(arguments: [String], variables: [String: String?]) {
        self.arguments = arguments
        self.variables = variables
    }

    /// The same with more variables.
    package func adding(_ more: [String: String]) -> ChildCommand {
        var command = self
        for (name, value) in more { command.variables[name] = value }
        return command
    }

    /// Starts the child and returns how it ended.
    ///
    /// - Parameters:
    ///   - signals: What to send to it. When they end, the child is killed, unless it has ended.
    ///   - didSpawn: Takes over the master's ends of the pipes.
    package func run(
        _ pipes: ChildPipes, signals: AsyncStream<Signal>, didSpawn: @Sendable (_ pid: Int32) async throws -> Void
    ) async throws -> TerminationStatus {
        var options = PlatformOptions()
        // A process group of its own: Ctrl-C in the terminal goes to the master, which then stops its children in order.
        options.processGroupID = 0
        let variables = Dictionary(
            uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
        return try await Subprocess.run(
            Configuration(
                executable: .path(FilePath(CurrentExecutable.path)),
                arguments: Arguments(executablePathOverride: "bgdemo", remainingValues: arguments),
                environment: .inherit.updating(variables), platformOptions: options),
            input: .fileDescriptor(pipes.childInput, closeAfterSpawningProcess: true),
            output: .fileDescriptor(pipes.childOutput, closeAfterSpawningProcess: true),
            error: .fileDescriptor(pipes.childErrors, closeAfterSpawningProcess: true)
        ) { execution in
            try await didSpawn(execution.processIdentifier.value)
            for await signal in signals { try? execution.send(signal: signal) }
            // It may have ended already.
            try? execution.send(signal: .kill)
        }.terminationStatus
    }
}
