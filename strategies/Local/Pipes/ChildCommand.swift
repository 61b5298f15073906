package import Subprocess
import BgdemoSystemCompat

#if canImport(Darwin)
    import Foundation
#endif

/// How a child is started: this same program, with arguments and variables that make it a child.
package struct ChildCommand: Sendable {
    private let arguments: [String]
    private var variables: [String: String?]

    /// - Parameters:
    ///   - arguments: Everybody may read them: no secrets.
    ///   - variables: Beside the master's own; nil takes one away.
    package init(arguments: [String], variables: [String: String?]) {
        self.arguments = arguments
        self.variables = variables
    }

    /// The same with more variables.
    package func adding(_ more: [String: String]) -> ChildCommand {
        var launch = self
        for (name, value) in more { launch.variables[name] = value }
        return launch
    }

    /// Starts the child and returns how it ended.
    ///
    /// - Parameters:
    ///   - signals: What to send it. Its end means that nothing is heard of the child any more: it is killed, if it is
    ///     not dead anyway, and waited for.
    ///   - born: Takes the master's ends of the pipes over.
    package func run(
        _ pipes: ChildPipes, signals: AsyncStream<Signal>, born: @Sendable (_ pid: Int32) async throws -> Void
    ) async throws -> TerminationStatus {
        var options = PlatformOptions()
        // A group of its own: Ctrl-C in the terminal is for the master, which then stops its children in order.
        options.processGroupID = 0
        let variables = Dictionary(
            uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
        return try await Subprocess.run(
            Configuration(
                executable: .path(FilePath(Self.program)),
                arguments: Arguments(executablePathOverride: "bgdemo", remainingValues: arguments),
                environment: .inherit.updating(variables), platformOptions: options),
            input: .fileDescriptor(pipes.childInput, closeAfterSpawningProcess: true),
            output: .fileDescriptor(pipes.childOutput, closeAfterSpawningProcess: true),
            error: .fileDescriptor(pipes.childErrors, closeAfterSpawningProcess: true)
        ) { execution in
            try await born(execution.processIdentifier.value)
            for await signal in signals { try? execution.send(signal: signal) }
            // It may be dead already, which is no error here.
            try? execution.send(signal: .kill)
        }.terminationStatus
    }

    /// This program's file. Where another has been put in its place meanwhile, the new one.
    package static var program: String {
        #if canImport(Darwin)
            return Bundle.main.executablePath ?? CommandLine.arguments.first ?? "bgdemo"
        #else
            let own = "/proc/self/exe"
            guard let path = unsafe realpath(own, nil) else { return own }
            defer { unsafe free(path) }
            let file = unsafe String(cString: path)
            return unsafe access(file, X_OK) == 0 ? file : own
        #endif
    }
}
