public import ArgumentParser
import BgdemoCBuild

/// The command `bgdemo`.
public struct Bgdemo: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "bgdemo",
        abstract:
            "Sends an e-mail from an HTTP request, by one of the ways of the talk \"Background Tasks in Node.js\".",
        discussion: """
              bgdemo serve --strategy foreground
              curl http://127.0.0.1:8080/you@example.org/hello/how%20are%20you
              bgdemo compare --quick
              bgdemo help serve
            """,
        version: "bgdemo \(version)\(commit.isEmpty ? "" : " (\(commit))")",
        subcommands: [
            ServeCommand.self, InboxCommand.self, EnqueueCommand.self, QueuesCommand.self, EventsCommand.self,
            BusCommand.self, CompareCommand.self, ChaosCommand.self, BenchCommand.self, DoctorCommand.self,
        ])

    static let version = "0.1.0"
    /// Empty where it was not built by the Makefile.
    private static let commit = unsafe String(cString: bgdemo_commit())

    public init() {}

    /// Runs the command that the arguments name, and ends the process.
    public static func run() async -> Never {
        CurrentProcess.openStandardFiles()
        do {
            var command = try parseAsRoot()
            do {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                // The library knows the usage of the whole program only, which says nothing of what was wrong.
                let path = path(to: type(of: command)).joined(separator: " ")
                CurrentProcess.printError("Error: \(error.message)\nSee '\(path) --help' for more information.")
                CurrentProcess.exit(ExitCode.validationFailure.rawValue)
            }
        } catch {
            let (code, message) = (exitCode(for: error), fullMessage(for: error))
            if !message.isEmpty { code.isSuccess ? print(message) : CurrentProcess.printError(message) }
            CurrentProcess.exit(code.rawValue)
        }
        CurrentProcess.exit(0)
    }

    /// The words that begin the command: `bgdemo queues failed`.
    static func path(
        to wanted: any ParsableCommand.Type, from command: any ParsableCommand.Type = Bgdemo.self
    ) -> [String] {
        guard command != wanted else { return [command._commandName] }
        for next in command.configuration.subcommands {
            let rest = path(to: wanted, from: next)
            if !rest.isEmpty { return [command._commandName] + rest }
        }
        return []
    }
}
