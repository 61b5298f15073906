import ArgumentParser
import BgdemoCore
import Foundation
import Testing

@testable import BgdemoCommandLine
@testable import bgdemo

/// What `--help` says, which is also the manual.
struct HelpTests {
    @Test("Each command has an example of itself", arguments: commands(under: Bgdemo.self))
    func example(path: String) throws {
        let command = try #require(Self.command(path))
        let examples = command.configuration.discussion.split(separator: "\n").filter { $0.hasPrefix("  ") }
        #expect(!examples.isEmpty)
        // Indented, so that neither a terminal nor a manual page flows them into one paragraph. That of a verb with a
        // default may leave the rest out.
        let verb = path.split(separator: " ").prefix(2).joined(separator: " ")
        #expect(examples.contains { $0.contains(verb) }, "\(examples)")
        #expect(examples.allSatisfy { $0.count <= 80 }, "longer than a line of a terminal")
    }

    /// The help of `serve` with the strategies of `bgdemo`.
    private static var serveHelp: String {
        Bgdemo.$strategies.withValue(Program.strategies) { Bgdemo.helpMessage(for: ServeCommand.self, columns: 1000) }
    }

    @Test("Each option of serve names its environment variable")
    func variables() throws {
        // Each begins with "\n  --", and may go on in the next line.
        let entries = Self.serveHelp.split(separator: "\n  --").dropFirst()
        #expect(entries.count > 40)
        let variable = /\((HOST|PORT|ROLE|MAIL_FROM|REDIS_URL|SMTP_[A-Z]+|BGDEMO_[A-Z_]+)[^)]*\)/
        for entry in entries where !entry.hasPrefix("version") {
            #expect(entry.contains(variable), "--\(entry)")
        }
    }

    @Test("--strategy and --role come first, with a line for each value; each strategy's options have a heading")
    func strategies() throws {
        let help = Self.serveHelp
        let headings = help.split(separator: "\n").filter { $0.hasSuffix(":") && !$0.hasPrefix(" ") }
        #expect(headings.first == "STRATEGY:", "\(headings)")
        for heading in ["LOCAL", "RESQUE", "EVENTR", "QUEUEBUS"] {
            #expect(headings.contains("STRATEGY \(heading):"), "\(headings)")
        }
        let first = try #require(help.components(separatedBy: "LISTENING:").first)
        for strategy in Program.strategies {
            #expect(
                first.split(separator: "\n").contains {
                    $0.contains("\(strategy.name) ") && $0.contains(strategy.summary)
                }, "\(first)")
        }
        #expect(first.contains("--role"))
    }

    private static func commands(under command: any ParsableCommand.Type) -> [String] {
        command.configuration.subcommands.flatMap { [Bgdemo.path(to: $0).joined(separator: " ")] + commands(under: $0) }
    }

    private static func command(_ path: String) -> (any ParsableCommand.Type)? {
        func find(under command: any ParsableCommand.Type) -> (any ParsableCommand.Type)? {
            command.configuration.subcommands.lazy.compactMap {
                Bgdemo.path(to: $0).joined(separator: " ") == path ? $0 : find(under: $0)
            }.first
        }
        return find(under: Bgdemo.self)
    }
}
