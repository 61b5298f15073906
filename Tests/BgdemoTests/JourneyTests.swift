import Foundation
import Subprocess
import BgdemoTestSupport
import Testing

/// From a curl to a mail in the inbox, and all that may come between.
@Suite(.timeLimit(.minutes(1)))
struct JourneyTests {
    private func mails(_ port: Int) async throws -> [[String: Any]] {
        let json = try await fetch("/mails.json", port: port).text
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
        return (object as? [String: Any])?["mails"] as? [[String: Any]] ?? object as? [[String: Any]] ?? []
    }

    @Test("A request becomes a mail that the inbox shows", arguments: ["foreground", "fire-and-forget"])
    func arrival(strategy: String) async throws {
        let (_, status) = try await withProgram(["serve", "--strategy", strategy, "--port", "0"]) { program in
            let answer = try await fetch("/you@example.org/gr%C3%BC%C3%9Fe/line%0A.%0Aend", port: program.port())
            #expect(answer.status == 200)
            #expect(answer.text.contains(#""subject":"grüße","text":"line\n.\nend""#))
            _ = try await program.line { $0.contains("Sent an email to you@example.org in ") }
            let mails = try await mails(program.port(after: "inbox"))
            #expect(mails.count == 1)
            #expect(mails.first?["subject"] as? String == "grüße")
        }
        #expect(status == .exited(0))
    }

    @Test("A mail that the server refuses is 500 with its words")
    func refused() async throws {
        _ = try await withProgram(["serve", "--port", "0"]) { program in
            let answer = try await fetch("/fail-550@example.org/s/t", port: program.port())
            #expect(answer.status == 500)
            #expect(answer.text.contains(#""outcome":"permanent","stage":"rcpt","code":550"#))
        }
    }

    @Test("SIGTERM lets the request in hand be answered, and ends with 0")
    func graceful() async throws {
        let (_, status) = try await withProgram(["serve", "--port", "0", "--smtp-delay", "1500ms"]) { program in
            let port = try await program.port()
            async let answer = fetch("/you@example.org/s/t", port: port)
            while try await !fetch("/metrics", port: port).text.contains("bgdemo_mails_in_flight 1") {}
            try program.signal(.terminate)
            #expect(try await answer.status == 200)
            try await program.end()
        }
        #expect(status == .exited(0))
    }

    @Test("On SIGTERM mails without a waiting client are finished")
    func forgotten() async throws {
        let arguments = ["serve", "--strategy", "fire-and-forget", "--port", "0", "--smtp-delay", "300ms"]
        let (lines, status) = try await withProgram(arguments) { program in
            let port = try await program.port()
            for _ in 0..<5 { #expect(try await fetch("/you@example.org/s/t", port: port).status == 200) }
            try program.signal(.terminate)
            try await program.end()
            return program.lines
        }
        #expect(lines.count { $0.contains("Sent an email to") } == 5)
        #expect(status == .exited(0))
    }

    @Test("Mails under way at the end of the stop are logged, and the exit code is 0")
    func cut() async throws {
        let arguments = [
            "serve", "--strategy", "fire-and-forget", "--port", "0", "--smtp-delay", "1h", "--grace", "200ms",
        ]
        let (lines, status) = try await withProgram(arguments) { program in
            #expect(try await fetch("/you@example.org/s/t", port: program.port()).status == 200)
            try program.signal(.terminate)
            try await program.end()
            return program.lines
        }
        #expect(lines.contains { $0.contains("ran out before all mails were sent") && $0.contains("mails=1") })
        #expect(lines.contains { $0.contains("email to you@example.org") })
        #expect(status == .exited(0))
    }

    @Test("While the mail server hangs, other requests are answered")
    func hanging() async throws {
        _ = try await withProgram(["serve", "--port", "0", "--smtp-delay", "1h", "--grace", "100ms"]) { program in
            let port = try await program.port()
            let waiting = try await RawClient.connect(port: port)
            for _ in 0..<60 { try await waiting.send("GET /you@example.org/s/t HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            while try await !fetch("/metrics", port: port).text.contains("bgdemo_mails_in_flight 60") {}
            #expect(try await fetch("/healthz", port: port).status == 200)
            #expect(try await fetch("/readyz", port: port).status == 200)
            await waiting.close()
        }
    }

    @Test("JSON logs are JSON, every line")
    func jsonLog() async throws {
        let (lines, _) = try await withProgram([
            "serve", "--port", "0", "--smtp-url", "discard:", "--log-format", "json",
        ]) {
            program in
            let first = try await program.line { $0.contains("try: curl") }
            let port = try #require(
                first.split(separator: "127.0.0.1:").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) })
            #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
            _ = try await program.line { $0.contains("Sent an email") }
            return program.lines
        }
        for line in lines {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test("Options come from the environment, and flags win")
    func environment() async throws {
        let variables = [
            "BGDEMO_STRATEGY": "fire-and-forget", "PORT": "1", "SMTP_URL": "discard:", "BGDEMO_TOKEN": "secret",
        ]
        _ = try await withProgram(["serve", "--port", "0"], environment: variables) { program in
            let line = try await program.line { $0.hasPrefix("bgdemo ") }
            #expect(line.hasPrefix("bgdemo fire-and-forget"))
            #expect(line.contains("mail discard:"))
            let port = try await program.port()
            #expect(try await fetch("/you@example.org/s/t", port: port).status == 401)
            let answer = try await fetch("/you@example.org/s/t", port: port, headers: ["Authorization: Bearer secret"])
            #expect(answer.status == 200)
        }
    }
}
