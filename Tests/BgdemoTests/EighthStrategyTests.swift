import BgdemoTestSupport
import Foundation
import Subprocess
import Testing

/// The strategy that CONTRIBUTING.md adds, in a `bgdemo` that has it: Tests/EighthStrategy.
@Suite("An eighth strategy", .timeLimit(.minutes(2)))
struct EighthStrategyTests {
    private static let program = URL(fileURLWithPath: bgdemoPath).deletingLastPathComponent()
        .appending(path: "bgdemo-eighth-strategy").path

    private func output(_ arguments: [String]) async throws -> (lines: [String], status: TerminationStatus) {
        let (lines, status) = try await withProgram(arguments, executable: Self.program) { program in
            try await program.end(within: .seconds(90))
            return program.lines
        }
        return (lines, status)
    }

    @Test("It is in the help, with its options under their own heading, and in the completions")
    func help() async throws {
        let help = try await output(["serve", "--help"]).lines
        #expect(help.contains { $0.contains("carrier-pigeon") && $0.contains("pigeons carry the mail") }, "\(help)")
        let heading = try #require(help.firstIndex { $0.hasPrefix("STRATEGY CARRIER-PIGEON:") })
        #expect(help[heading + 1].contains("--pigeons"))
        let completions = try await output(["--generate-completion-script", "bash"]).lines
        #expect(completions.contains { $0.contains("carrier-pigeon") })
        #expect(completions.contains { $0.contains("--pigeons") })
    }

    @Test("Its options are its own: others warn of them, and their values are checked")
    func options() async throws {
        let (lines, status) = try await output(["serve", "--strategy", "carrier-pigeon", "--pigeons", "0"])
        #expect(lines.first == "Error: --pigeons is at least 1")
        #expect(status == .exited(64))
        let arguments = ["serve", "--port", "0", "--smtp-url", "discard:", "--pigeons", "3"]
        _ = try await withProgram(arguments, executable: Self.program) { program in
            _ = try await program.line { $0.contains("--pigeons has no effect here: foreground does not use it") }
        }
    }

    @Test("It serves: the mail arrives, the page and the metrics are there, and it dies of SIGKILL like the others")
    func serve() async throws {
        let arguments = ["serve", "--strategy", "carrier-pigeon", "--port", "0", "--pigeons", "3"]
        let (_, status) = try await withProgram(arguments, executable: Self.program) { program in
            let port = try await program.port()
            let answer = try await fetch("/you@example.org/hello/text", port: port)
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""state":"delivered""#) && answer.text.contains(#""pigeons":3"#))
            let mails = try await fetch("/mails.json", port: program.port(after: "inbox")).text
            #expect(mails.contains("hello"))
            #expect(try await fetch("/metrics", port: port).text.contains("bgdemo_mails_accepted_total 1"))
            try program.signal(.kill)
            try await program.end()
        }
        #expect(status == .signaled(9))
    }

    @Test("chaos kills an eighth strategy and checks the guarantee of its descriptor")
    func chaos() async throws {
        let (lines, status) = try await output([
            "chaos", "--strategies", "carrier-pigeon", "--faults", "kill-server", "--smtp-delay", "50ms",
        ])
        #expect(lines.contains { $0.contains("carrier-pigeon") && $0.contains("kill -9 the web server") }, "\(lines)")
        #expect(status == .exited(0), "\(lines)")
    }
}
