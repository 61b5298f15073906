import Foundation
import Subprocess
import BgdemoTestSupport
import Testing

/// What a process may meet that is not a request's fault.
@Suite(.timeLimit(.minutes(1)))
struct AdversityTests {
    @Test(
        "Where too few files may be open it says so and ends, whatever it was to do",
        arguments: ["serve", "queues", "doctor"])
    func fewFiles(command: String) async throws {
        let (lines, status) = try await withProgram([command], shell: "ulimit -n 16") { program in
            try await program.end()
            return program.lines
        }
        #expect(lines.contains { $0.contains("only 16 files may be open here") && $0.contains("ulimit -n 65536") })
        #expect(status == .exited(1))
    }

    @Test("Output that can't be written is an error")
    func fullOutput() async throws {
        let (lines, status) = try await withProgram(["--version"], shell: "exec > /dev/full") { program in
            try await program.end()
            return program.lines
        }
        #expect(lines.contains { $0.contains("the output can't be written: No space left on device") }, "\(lines)")
        #expect(status == .exited(1))
    }

    @Test("Out of file descriptors, clients wait, the log says why, and later all is as before")
    func descriptors() async throws {
        let arguments = ["serve", "--port", "0", "--smtp-url", "discard:"]
        let (lines, status) = try await withProgram(arguments, shell: "ulimit -n 40") { program in
            let port = try await program.port()
            var clients: [RawClient] = []
            for _ in 0..<60 { clients.append(try await RawClient.connect(port: port)) }
            while program.lines.count(where: Self.tellsOfFiles) < 3 { try await Task.sleep(for: .milliseconds(50)) }
            for client in clients { await client.close() }
            #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
            try program.signal(.terminate)
            try await program.end()
            return program.lines
        }
        #expect(status == .exited(0))
        // It tries again once a second, not without end.
        #expect(lines.count(where: Self.tellsOfFiles) < 20)
    }

    private static func tellsOfFiles(_ line: String) -> Bool {
        line.contains("New clients have to wait: too many files are open")
    }

    #if os(Linux)
        @Test("A standard file that was closed is no socket's number")
        func standardFiles() async throws {
            let arguments = ["serve", "--port", "0", "--smtp-url", "discard:"]
            _ = try await withProgram(arguments, shell: "exec <&-") { program in
                #expect(try await fetch("/healthz", port: program.port()).status == 200)
                let file = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(program.pid)/fd/0")
                #expect(file == "/dev/null")
            }
        }
    #endif

    @Test("A client that waits for a mail past the stop gets an answer")
    func told() async throws {
        let arguments = ["serve", "--port", "0", "--smtp-delay", "1h", "--grace", "2s"]
        let (lines, status) = try await withProgram(arguments) { program in
            let port = try await program.port()
            async let answer = fetch("/you@example.org/s/t", port: port)
            while try await !fetch("/metrics", port: port).text.contains("bgdemo_mails_in_flight 1") {}
            try program.signal(.terminate)
            #expect(try await answer.status == 500)
            #expect(try await answer.text.contains(#""state":"unknown""#))
            try await program.end()
            return program.lines
        }
        #expect(lines.contains { $0.contains("ran out before all mails were sent") && $0.contains("mails=1") })
        #expect(status == .exited(0))
    }

    @Test("The inbox' pages are not counted among the requests for mails")
    func pages() async throws {
        _ = try await withProgram(["serve", "--port", "0"]) { program in
            for _ in 0..<3 { #expect(try await fetch("/", port: program.port(after: "inbox")).status == 200) }
            let metrics = try await fetch("/metrics", port: program.port()).text
            #expect(metrics.contains("bgdemo_http_requests_total{status=\"200\"} 0\n"), "\(metrics)")
        }
    }

    @Test("The server's address is printed at every log level", arguments: ["text", "json"])
    func quiet(format: String) async throws {
        let arguments = ["serve", "--port", "0", "--smtp-url", "discard:", "--log-level", "critical", "--log-format"]
        _ = try await withProgram(arguments + [format]) { program in
            _ = try await program.line { $0.contains("try: curl") }
        }
    }

    @Test("A port that is in use is one line, and the exit is 1", arguments: ["serve", "inbox"])
    func taken(verb: String) async throws {
        _ = try await withProgram(["serve", "--port", "0", "--smtp-url", "discard:"]) { program in
            let port = try await program.port()
            let (lines, status) = try await withProgram([verb, "--port", String(port)]) { second in
                try await second.end()
                return second.lines
            }
            #expect(lines.count == 1 && lines[0].contains("127.0.0.1 port \(port) is in use; "), "\(lines)")
            #expect(status == .exited(1))
        }
    }
}
