import Foundation
import Subprocess
import BgdemoTestSupport
import Testing

/// The resque strategy and its verbs, as their users run them.
@Suite(.timeLimit(.minutes(1)))
struct ResqueServeTests {
    private func verb(_ arguments: [String], _ server: RedisServer) async throws -> (text: String, TerminationStatus) {
        let (lines, status) = try await withProgram(arguments + ["--redis-url", server.url]) { program in
            try await program.end()
            return program.lines
        }
        return (lines.joined(separator: "\n"), status)
    }

    @Test("A mail is queued, sent, tried again where that may help, kept for later, and failed where it can't be sent")
    func journey() async throws {
        try await withRedisServer { server in
            let serve = [
                "serve", "--strategy", "resque", "--port", "0", "--redis-url", server.url, "--retry-delay", "10ms",
            ]
            let (_, status) = try await withProgram(serve) { program in
                let port = try await program.port()
                let answer = try await fetch("/you@example.org/s/t", port: port)
                #expect(answer.status == 200 && answer.text.contains(#""state":"queued""#))
                _ = try await program.line { $0.contains("success emailQueue sendEmail in ") }
                _ = try await fetch("/fail-once@example.org/s/t", port: port)
                _ = try await program.line { $0.contains("reEnqueue emailQueue sendEmail") }
                _ = try await program.line { $0.contains("Sent an email to fail-once@example.org") }
                _ = try await fetch("/fail-550@example.org/s/t", port: port)
                _ = try await program.line { $0.contains("failure emailQueue sendEmail") }
                let later = try await fetch(
                    "/", port: port, method: "POST", headers: ["Content-Type: application/json"],
                    body: #"{"to":"later@example.org","subject":"s","text":"t","delay":"1s"}"#)
                #expect(later.text.contains(#""state":"delayed""#))
                _ = try await program.line { $0.contains("Sent an email to later@example.org") }
                #expect(try await fetch("/readyz", port: port).status == 200)
                let failed = try await verb(["queues", "failed"], server).text
                #expect(failed.contains("550"))
                let entry = try #require(failed.split(separator: "\n").last?.split(separator: " ").first)
                #expect(
                    try await verb(["queues", "retry", String(entry)], server).text == "1 job back in the queues")
                _ = try await program.line { $0.contains("failure emailQueue sendEmail") }
                try await server.end()
                #expect(try await fetch("/you@example.org/s/t", port: port).status == 503)
                #expect(try await fetch("/readyz", port: port).status == 503)
                try await server.start()
                while try await fetch("/you@example.org/again/t", port: port).status != 200 {}
                _ = try await program.line { $0.contains("Sent an email to you@example.org") }
            }
            #expect(status == .exited(0))
        }
    }

    @Test("What becomes of an attempt at a mail is one short line, without the mail's text")
    func lines() async throws {
        try await withRedisServer { server in
            let serve = [
                "serve", "--strategy", "resque", "--port", "0", "--redis-url", server.url, "--retry-delay", "10ms",
            ]
            let (lines, _) = try await withProgram(serve) { program in
                let port = try await program.port()
                for name in ["fail-once", "fail-550", "you"] {
                    _ = try await fetch("/\(name)@example.org/s/whatIsWritten", port: port)
                }
                for name in ["fail-once", "you"] {
                    _ = try await program.line { $0.contains("Sent an email to \(name)@example.org") }
                }
                _ = try await program.line { $0.contains("failure emailQueue sendEmail") }
                try program.signal(.terminate)
                try await program.end()
                return program.lines
            }
            for (name, count) in [("fail-once", 2), ("fail-550", 1)] {
                let own = lines.filter { $0.contains("\(name)@example.org") }
                #expect(own.count == count && own.allSatisfy { $0.utf8.count < 240 && $0.contains("id") }, "\(own)")
            }
            #expect(!lines.contains { $0.contains("whatIsWritten") || $0.contains("Redis is unavailable") })
        }
    }

    @Test("A job that is performed is cancelled by its id; one that nobody performs is an error")
    func cancel() async throws {
        try await withRedisServer { server in
            _ = try await verb(["enqueue", "slowSleepJob", "3600000"], server)
            let worker = [
                "serve", "--strategy", "resque", "--role", "worker", "--redis-url", server.url, "--smtp-url",
                "discard:",
            ]
            _ = try await withProgram(worker) { program in
                var id: String?
                while id == nil {
                    let text = try await verb(["queues", "workers", "--json"], server).text
                    let rows = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
                    id = rows?.lazy.compactMap { $0["jobID"] as? String }.first
                }
                #expect(
                    try await verb(["queues", "cancel", id ?? ""], server).text == "the job is being cancelled")
                _ = try await program.line { $0.contains("failure slowQueue slowSleepJob") }
            }
            #expect(try await verb(["queues", "failed"], server).text.contains("was cancelled"))
            let unknown = try await verb(["queues", "cancel", "nobody.1"], server)
            #expect(unknown.1 == .exited(64) && unknown.text.contains("no worker performs the job nobody.1"))
        }
    }

    @Test("Jobs are put in and looked at from the command line")
    func verbs() async throws {
        try await withRedisServer { server in
            let mail = #"{"to":"a@b.example","subject":"s","text":"t"}"#
            #expect(
                try await verb(["enqueue", "sendEmail", mail, "--count", "3"], server).text.hasPrefix("3 × sendEmail"))
            _ = try await verb(["enqueue", "slowCPUJob", "5", "--in", "1h"], server)
            _ = try await verb(["enqueue", "Other", "[1,[]]", "--queue", "high"], server)
            let json = try await verb(["queues", "--json"], server).text
            let overview = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
            let queues = try #require(overview["queues"] as? [[String: Any]])
            #expect(queues.map { $0["queue"] as? String } == ["emailQueue", "high"])
            #expect(queues.map { $0["length"] as? Int } == [3, 1])
            #expect(overview["delayed"] as? Int == 1)
            let delayed = try await verb(["queues", "delayed"], server).text
            #expect(delayed.contains(#"{"class":"slowCPUJob","queue":"slowQueue","args":[5]}"#))
            #expect(
                try await verb(["queues", "clear", "emailQueue"], server).text == "emailQueue removed, with 3 jobs")
            #expect(try await verb(["queues", "workers"], server).text.hasPrefix("worker"))
            #expect(try await verb(["queues", "clear", "failed"], server).text == "0 failed jobs removed")
            #expect(try await verb(["queues", "retry", "7"], server).1 == .exited(64))
            #expect(try await verb(["enqueue", "nope"], server).1 == .exited(64))
            #expect(try await verb(["enqueue", "sendEmail", "{x}"], server).1 == .exited(64))
        }
    }

    @Test("MultiWorker adds processors for jobs that sleep and reports their number")
    func scaling() async throws {
        try await withRedisServer { server in
            _ = try await verb(["enqueue", "slowSleepJob", "200", "--count", "200"], server)
            let serve = [
                "serve", "--strategy", "resque", "--role", "worker", "--redis-url", server.url, "--smtp-url",
                "discard:",
                "--min-processors", "1", "--max-processors", "4",
            ]
            _ = try await withProgram(serve) { program in
                _ = try await program.line { $0.contains("multiWorkerAction + to 2 processors") }
                _ = try await program.line { $0.contains("success slowQueue slowSleepJob") }
            }
        }
    }

    @Test("A worker alone says how it is, on a port of its own, and takes no mails there")
    func status() async throws {
        try await withRedisServer { server in
            let worker = [
                "serve", "--strategy", "resque", "--role", "worker", "--host", "0.0.0.0", "--status-port", "0",
                "--smtp-url", "discard:", "--redis-url", server.url,
            ]
            let (_, status) = try await withProgram(worker) { program in
                let port = try await program.port(after: "status")
                #expect(try await fetch("/readyz", port: port).status == 200)
                #expect(try await fetch("/you@example.org/s/t", port: port).status == 404)
                #expect(try await fetch("/metrics", port: port).text.contains("resque_processors"))
                try await server.end()
                #expect(try await fetch("/readyz", port: port).status == 503)
                #expect(try await fetch("/healthz", port: port).status == 200)
                try await server.start()
            }
            #expect(status == .exited(0))
        }
    }
}
