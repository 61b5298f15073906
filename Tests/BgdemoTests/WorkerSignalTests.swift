import BgdemoTestSupport
import Foundation
import RedisClient
import Subprocess
import Testing

/// The signals of Ruby's Resque, sent to real workers.
@Suite("A signal of Resque's workers", .timeLimit(.minutes(2)))
struct WorkerSignalTests {
    private func serve(_ strategy: String, _ server: RedisServer, smtp: String) -> [String] {
        [
            "serve", "--strategy", strategy, "--port", "0", "--redis-url", server.url, "--smtp-url", smtp,
            "--concurrency", "10",
        ]
    }

    private func workers(_ server: RedisServer) async throws -> [[String: Any]] {
        let (lines, _) = try await withProgram(["queues", "workers", "--json", "--redis-url", server.url]) { program in
            try await program.end()
            return program.lines
        }
        let json = try JSONSerialization.jsonObject(with: Data(lines.joined(separator: "\n").utf8))
        return try #require(json as? [[String: Any]])
    }

    @Test("USR2 pauses, which readiness and `queues workers` say; CONT resumes", arguments: ["resque", "queuebus"])
    func pause(strategy: String) async throws {
        try await withRedisServer { server in
            let (_, status) = try await withProgram(serve(strategy, server, smtp: "discard:")) { program in
                let port = try await program.port()
                // One signal after another, as a child's are.
                try program.signal(.userDefinedTwo)
                _ = try await program.line { $0.contains("SIGUSR2: no more jobs are taken") }
                #expect(try await fetch("/readyz", port: port).text.contains(#""paused":true"#))
                #expect(try await fetch("/readyz", port: port).status == 200)
                while try await !workers(server).contains(where: { $0["isPaused"] as? Bool == true }) {}
                #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
                let queue = strategy == "resque" ? "emailQueue" : "bus_incoming"
                let length = try await redisCLI(["-s", server.socket, "LLEN", "resque:queue:\(queue)"])
                #expect(length.contains("1"))
                try program.signal(.resume)
                _ = try await program.line { $0.contains("Sent an email to you@example.org") }
                #expect(try await !fetch("/readyz", port: port).text.contains("paused"))
            }
            #expect(status == .exited(0))
        }
    }

    @Test("USR1 cancels the mail in hand, which fails; QUIT finishes it and ends", arguments: ["resque", "queuebus"])
    func cancel(strategy: String) async throws {
        // The first mail gets no answer to DATA, the second none to its text.
        let smtp = try await ScriptedSMTPServer.start { place in
            place.point == (place.connection == 1 ? .data : .dot) ? .sayRaw("") : nil
        }
        try await withRedisServer { server in
            let url = "smtp://127.0.0.1:\(smtp.port)"
            let (_, status) = try await withProgram(serve(strategy, server, smtp: url)) { program in
                let port = try await program.port()
                #expect(try await fetch("/stuck@example.org/s/t", port: port).status == 200)
                try await smtp.heard.wait { $0.first?.commands.last == "DATA" }
                try program.signal(.userDefinedOne)
                _ = try await program.line { $0.contains("SIGUSR1") && $0.contains("jobs=1") }
                while try await !redisCLI(["-s", server.socket, "LLEN", "resque:failed"]).contains("1") {}
                let failed = try await redisCLI(["-s", server.socket, "LINDEX", "resque:failed", "0"])
                #expect(failed.contains("Resque::DirtyExit") && failed.contains("stuck@example.org"), "\(failed)")
                #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
                try await smtp.heard.wait { !$0.flatMap(\.texts).isEmpty }
                try program.signal(.quit)
                smtp.sayToAll("250 taken\r\n")
                _ = try await program.line { $0.contains("Sent an email to you@example.org") }
                try await program.end()
            }
            #expect(status == .exited(0))
        }
        try await smtp.close()
    }

    @Test("queuebus has one worker registered for each set of queues, and one log line for a mail that fails")
    func queueBus() async throws {
        let smtp = try await ScriptedSMTPServer.start { $0.point == .rcpt ? .say("550 no such user") : nil }
        try await withRedisServer { server in
            let (lines, _) = try await withProgram(
                serve("queuebus", server, smtp: "smtp://127.0.0.1:\(smtp.port)")
            ) { program in
                let port = try await program.port()
                #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
                while try await !redisCLI(["-s", server.socket, "LLEN", "resque:failed"]).contains("1") {}
                let ids = try await workers(server).compactMap { $0["id"] as? String }
                #expect(ids.count == 2, "\(ids)")
                #expect(Set(ids.compactMap { $0.split(separator: ":").last }) == ["bus_incoming", "mailer_default"])
                try program.signal(.terminate)
                try await program.end()
                return program.lines
            }
            let failures = lines.filter { $0.contains(": 550 ") }
            #expect(failures.count == 1, "\(failures)")
            #expect(failures.allSatisfy { $0.contains("retried=false") && $0.utf8.count < 200 }, "\(failures)")
        }
        try await smtp.close()
    }
}
