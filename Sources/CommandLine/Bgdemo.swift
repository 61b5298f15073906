public import ArgumentParser
public import BgdemoCore
import BgdemoCBuild
import BgdemoFoundations

/// The command `bgdemo`.
public struct Bgdemo: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "bgdemo",
        abstract:
            "Sends e-mail from an HTTP request in seven ways, from blocking the request to an event bus.",
        discussion: """
              bgdemo serve --strategy foreground
              curl http://127.0.0.1:8080/you@example.org/hello/how%20are%20you
              bgdemo compare --quick
              bgdemo help serve
            """,
        version: "bgdemo \(version)\(commit.isEmpty ? "" : " (\(commit))")",
        subcommands: [
            ServeCommand.self, InboxCommand.self, EnqueueCommand.self, QueuesCommand.self, EventsCommand.self,
            BusCommand.self, CompareCommand.self, ChaosCommand.self, AdviseCommand.self, BenchCommand.self,
            StageCommand.self,
            DoctorCommand.self,
        ])

    static let version = "0.1.0"
    /// Empty where it was not built by the Makefile.
    private static let commit = unsafe String(cString: bgdemo_commit())

    /// The strategies that this program has. Parsing, help and every command read them here.
    @TaskLocal static var strategies: [StrategyDescriptor] = []

    public init() {}

    /// Runs the command that the arguments name, and ends the process.
    public static func run(_ strategies: [StrategyDescriptor]) async -> Never {
        CurrentProcess.openStandardFiles()
        CurrentProcess.exit(await $strategies.withValue(strategies) { await runCommand().rawValue })
    }

    private static func runCommand() async -> ExitCode {
        do {
            if let unknown = unknownHelp {
                throw ValidationError("There is no command '\(unknown)'")
            }
            var command = try parseAsRoot()
            guard CurrentProcess.mostOpenFiles >= CurrentProcess.neededFiles else {
                CurrentProcess.printError(
                    "Error: only \(CurrentProcess.mostOpenFiles) files may be open here, and \(CurrentProcess.neededFiles) are needed at least: ulimit -n 65536"
                )
                return .failure
            }
            do {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                // The library would print the usage of the whole program, not of this command.
                let path = path(to: type(of: command)).joined(separator: " ")
                CurrentProcess.printError("Error: \(error.message)\nSee '\(path) --help' for more information.")
                return .validationFailure
            }
            return .success
        } catch {
            let code = exitCode(for: error)
            let suggestion = suggestion(code)
            let message = [
                suggestion == nil ? fullMessage(for: error) : Suggestion.removed(from: fullMessage(for: error)),
                suggestion,
            ].compactMap { $0 }.joined(separator: "\n")
            if !message.isEmpty { code.isSuccess ? print(message) : CurrentProcess.printError(message) }
            return code
        }
    }

    /// What help is asked for that there is none for: the library would print the program's own.
    private static var unknownHelp: String? {
        let words = CommandLine.arguments.dropFirst()
        guard words.first == "help", let command = words.dropFirst().first, !command.hasBytePrefix("-") else {
            return nil
        }
        return (configuration.subcommands.map { $0._commandName } + ["help"]).contains(command) ? nil : command
    }

    /// What was probably meant, where the arguments were wrong.
    private static func suggestion(_ code: ExitCode) -> String? {
        guard code == .validationFailure else { return nil }
        return Suggestion.sentence(
            for: Array(CommandLine.arguments.dropFirst()),
            commands: configuration.subcommands.map { $0._commandName } + ["help"],
            subcommands: Dictionary(
                configuration.subcommands.map { command in
                    (command._commandName, command.configuration.subcommands.map { $0._commandName })
                }
            ) { first, _ in first },
            strategies: strategies.map(\.name))
    }

    /// The words of a command: `bgdemo queues failed`.
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
