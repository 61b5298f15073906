import Subprocess
import BgdemoTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServeTests {
    @Test(
        "The placeholder for the sender is warned of, but for a mail server on this machine",
        arguments: [("smtp://mail.example:1", true), ("smtp://127.0.0.1:1", false), ("smtp://localhost:1", false)])
    func placeholder(url: String, warns: Bool) async throws {
        let serve = ["serve", "--port", "0", "--smtp-url", url]
        _ = try await withProgram(serve) { program in
            _ = try await program.port()
            #expect(program.lines.contains { $0.contains("a placeholder") } == warns)
        }
    }

    @Test("The first line says the strategy, where to send, where mails go, and the page")
    func firstLine() async throws {
        let (line, status) = try await withProgram(["serve", "--port", "0"]) { program in
            try await program.line { $0.hasPrefix("bgdemo foreground") }
        }
        #expect(line.contains("try: curl http://127.0.0.1:"))
        #expect(line.contains("mail smtp://127.0.0.1:"))
        #expect(line.contains("inbox http://127.0.0.1:"))
        #expect(status == .exited(0))
    }

    @Test(
        "Usage errors exit with 64 and one line that says what is wrong",
        arguments: [
            (["serve", "--strategy", "nope"], "foreground"),
            (["serve", "--port", "70000"], "65535"),
            (["serve", "--host", "0.0.0.0"], "--allow-recipient"),
            (["serve", "--role", "worker"], "no worker half"),
            (["serve", "--smtp-url", "http://x"], "smtp"),
            (["serve", "--smtp-url", "gmail"], "--smtp-user"),
            (["serve", "--from", "nobody"], "@"),
            (["serve", "--throttle", "soon"], "soon"),
            (["serve", "--strategy", "local", "--spool", "s", "--semantics", "talk"], "--semantics original"),
            (["serve", "resque"], "Did you mean 'bgdemo serve --strategy resque'?"),
            (["inbox", "--host", "0.0.0.0"], "--anyone-may-send"),
        ])
    func usage(arguments: [String], says word: String) async throws {
        let (line, status) = try await withProgram(arguments) { program in
            try await program.end()
            return program.lines.joined(separator: " ")
        }
        #expect(line.hasPrefix("Error: "))
        #expect(line.contains(word))
        #expect(status == .exited(64))
    }

    @Test("A wrong value that is found late shows the usage of its command")
    func lateUsage() async throws {
        let (line, status) = try await withProgram(["serve", "--role", "worker"]) { program in
            try await program.end()
            return program.lines.joined(separator: "\n")
        }
        #expect(line.hasSuffix("See 'bgdemo serve --help' for more information."))
        #expect(status == .exited(64))
    }

    @Test("A flag that the strategy does not use is reported after the first line")
    func unused() async throws {
        let arguments = ["serve", "--port", "0", "--throttle", "1s", "--spool", "/tmp/none", "--concurrency", "2"]
        _ = try await withProgram(arguments) { program in
            for flag in ["--throttle", "--concurrency", "--spool"] {
                _ = try await program.line { $0.contains("\(flag) has no effect here") }
            }
            #expect(program.lines.first?.hasPrefix("bgdemo foreground") == true)
        }
    }

    @Test("A password on the command line is warned about and not repeated")
    func password() async throws {
        let arguments = ["serve", "--port", "0", "--smtp-url", "smtp://me:hunter2@127.0.0.1:1", "--smtp-tls", "off"]
        _ = try await withProgram(arguments) { program in
            _ = try await program.line { $0.contains("--smtp-url has a password") }
            #expect(!program.lines.contains { $0.contains("hunter2") })
        }
    }

    @Test("A second Ctrl-C does not wait for what is under way")
    func secondInterrupt() async throws {
        let (_, status) = try await withProgram(["serve", "--port", "0", "--smtp-delay", "1h"]) { program in
            let port = try await program.port()
            async let mail = try? fetch("/you@example.org/s/t", port: port)
            while try await !fetch("/metrics", port: port).text.contains("bgdemo_mails_in_flight 1") {}
            try program.signal(.interrupt)
            // It no longer listens: the first one has been heard.
            while (try? await fetch("/healthz", port: port)) != nil {}
            try program.signal(.interrupt)
            try await program.end()
            _ = await mail
        }
        #expect(status == .exited(130))
    }
}
