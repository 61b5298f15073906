import BgdemoTestSupport
import Foundation
import Subprocess
import Testing

@Suite("In a terminal", .timeLimit(.minutes(2)))
struct TerminalTests {
    private static let escape = "\u{1b}["

    @Test("A terminal has colours, of a command's result, of a table and of an error")
    func colours() async throws {
        let doctor = try await Terminal.run(["doctor", "--port", "0"], columns: 80)
        #expect(doctor.contains("\u{1b}[32mgood\u{1b}[0m  port: "), "\(doctor)")
        let error = try await Terminal.run(["sevre"], columns: 80)
        #expect(error.hasPrefix("\u{1b}[31mError:\u{1b}[0m Unexpected argument 'sevre'\n"), "\(error)")
        try await withRedisServer { redis in
            let queues = try await Terminal.run(["queues", "--redis-url", redis.url], columns: 80)
            #expect(queues.hasPrefix("\u{1b}[1mqueue    length  wait  next\u{1b}[0m\n"), "\(queues)")
        }
    }

    @Test(
        "With NO_COLOR, in a dumb terminal and in none there is no colour",
        arguments: [["NO_COLOR": "1"], ["TERM": "dumb"], ["TERM": ""]])
    func noColours(environment: [String: String]) async throws {
        for arguments in [["doctor", "--port", "0"], ["sevre"]] {
            let text = try await Terminal.run(arguments, columns: 80, environment: environment)
            #expect(!text.isEmpty && !text.contains(Self.escape), "\(text)")
        }
    }

    @Test("Into a pipe there is no colour")
    func pipe() async throws {
        let (lines, _) = try await withProgram(["doctor", "--port", "0"], environment: ["TERM": "xterm"]) { program in
            try await program.end()
            return program.lines
        }
        #expect(!lines.isEmpty && !lines.joined().contains(Self.escape), "\(lines)")
    }

    @Test("Tables and progress fit the width, with all their columns", arguments: [58, 80])
    func comparison(columns: Int) async throws {
        let text = try await Terminal.run(
            [
                "compare", "--quick", "--duration", "1s", "--strategies", "fire-and-forget,local", "--smtp-delay",
                "10ms",
            ],
            columns: columns)
        let lines = text.replacing(/\u{1b}\[[0-9;]*m/, with: "").components(separatedBy: "\n").flatMap {
            $0.components(separatedBy: "\r\u{1b}[2K")
        }
        for line in lines { #expect(line.count <= columns, "\(line)") }
        for column in [
            "answered after", "p99.9", "inbox p50", "lost", "drained", "memory", "Redis each", "fire-and-forget",
        ] {
            #expect(lines.contains { $0.contains(column) }, "\(column)")
        }
    }
}
