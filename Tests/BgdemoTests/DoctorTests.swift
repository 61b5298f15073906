import Foundation
import Subprocess
import BgdemoTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DoctorTests {
    private func doctor(_ arguments: [String]) async throws
        -> (lines: [String], status: TerminationStatus)
    {
        let (lines, status) = try await withProgram(["doctor", "--port", "0"] + arguments) {
            program in
            try await program.end()
            return program.lines
        }
        return (lines, status)
    }

    @Test("Every part is good where it is")
    func good() async throws {
        _ = try await withProgram(["inbox", "--port", "0", "--page-port", "0"]) { inbox in
            let line = try await inbox.line { $0.hasPrefix("bgdemo inbox") }
            let url = try #require(line.split(separator: " ").first { $0.hasPrefix("smtp://") })
            let (lines, status) = try await doctor(["--smtp-url", String(url)])
            #expect(status == .exited(0), "\(lines)")
            #expect(lines.contains { $0.hasPrefix("good  port: ") })
            #expect(lines.contains { $0.hasPrefix("good  smtp: \(url) answers") && $0.contains("PIPELINING") })
            #expect(lines.contains { $0.hasPrefix("good  redis: ") })
            #expect(lines.contains { $0.hasPrefix("good  limits: ") })
        }
    }

    @Test("A file that serve could not use is named, and none is left behind")
    func files() async throws {
        try await withDirectory { folder in
            for (arguments, place) in [
                (["--strategy", "local", "--spool", "\(folder)/no/spool"], "\(folder)/no/spool"),
                (["--strategy", "local", "--dead-letters", "\(folder)/no/letters"], "\(folder)/no/letters"),
                (["--strategy", "queuebus", "--archive", "\(folder)/no/archive"], "\(folder)/no/archive"),
            ] {
                let (lines, status) = try await withRedisServer { server in
                    try await doctor(arguments + ["--smtp-url", "discard:", "--redis-url", server.url])
                }
                #expect(status == .exited(1))
                #expect(lines.contains { $0.hasPrefix("bad   files: ") && $0.contains(place) }, "\(lines)")
            }
            let (_, status) = try await doctor([
                "--strategy", "local", "--smtp-url", "discard:", "--spool", "\(folder)/spool",
            ])
            #expect(status == .exited(0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)").isEmpty)
        }
    }

    @Test("Keys that the user may not use are named once, not each command on them; TLS where there is none says so")
    func causes() async throws {
        try await withRedisServer { server in
            _ = try await redisCLI(
                ["-s", server.socket, "ACL", "SETUSER", "mailer", "on", ">secret", "~other:*", "&*", "+@all"])
            let (lines, _) = try await doctor([
                "--strategy", "resque", "--redis-url", "unix://mailer:secret@\(server.socket)", "--smtp-url",
                "discard:",
            ])
            #expect(lines.contains { $0.hasSuffix("lacks rights that resque needs: ~resque:*") }, "\(lines)")
        }
        _ = try await withProgram(["inbox", "--port", "0", "--page-port", "0"]) { inbox in
            let line = try await inbox.line { $0.hasPrefix("bgdemo inbox") }
            let url = try #require(line.split(separator: " ").first { $0.hasPrefix("smtp://") })
            let (lines, _) = try await doctor(["--smtp-url", "smtps" + url.dropFirst(4)])
            #expect(lines.contains { $0.contains("does not speak TLS on this port") }, "\(lines)")
        }
    }

    @Test(
        "A bad part is named with what to do, and the exit is 1",
        arguments: [
            (["--smtp-url", "smtp://127.0.0.1:1"], "bad   smtp: "),
            (["--redis-url", "redis://127.0.0.1:1"], "bad   redis: "),
        ])
    func bad(arguments: [String], finding: String) async throws {
        let (lines, status) = try await doctor(arguments)
        let place = try #require(lines.firstIndex { $0.hasPrefix(finding) }, "\(lines)")
        #expect(lines.dropFirst(place + 1).first?.hasPrefix("      → ") == true)
        #expect(status == .exited(1))
    }
}
