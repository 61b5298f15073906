import BgdemoTestSupport
import Foundation
import RedisClient
import NIOPosix
import Subprocess
import Testing

@Suite("Readiness with Redis", .timeLimit(.minutes(2)))
struct RedisReadinessTests {
    /// What is done to Redis, what undoes it, and what the page says meanwhile.
    struct Fault: Sendable {
        let name: String
        let begin: [[String]]
        let end: [[String]]
        let complaint: String
    }

    private static let faults = [
        Fault(
            name: "no memory", begin: [["CONFIG", "SET", "maxmemory", "1"]],
            end: [["CONFIG", "SET", "maxmemory", "0"]],
            complaint: "maxmemory"),
        Fault(
            name: "too few replicas", begin: [["CONFIG", "SET", "min-replicas-to-write", "1"]],
            end: [["CONFIG", "SET", "min-replicas-to-write", "0"]], complaint: "min-replicas-to-write"),
        Fault(
            name: "a replica", begin: [["REPLICAOF", "127.0.0.1", "1"]], end: [["REPLICAOF", "NO", "ONE"]],
            complaint: "replica"),
        // A folder has the name of its file.
        Fault(
            name: "no snapshot", begin: [["CONFIG", "SET", "save", "3600 1000"], ["BGSAVE"]],
            end: [["CONFIG", "SET", "save", ""]], complaint: "its disk"),
    ]

    @Test(
        "/readyz of web server and worker is 503 while Redis takes no writes, says why, and is 200 again afterwards",
        arguments: ["resque", "queuebus", "eventr"])
    func writes(strategy: String) async throws {
        try await withRedisServer(["--dbfilename", "folder"]) { server in
            try FileManager.default.createDirectory(
                atPath: server.folder + "/folder", withIntermediateDirectories: false)
            let common = ["serve", "--strategy", strategy, "--redis-url", server.url, "--smtp-url", "discard:"]
            _ = try await withProgram(common + ["--role", "server", "--port", "0"]) { web in
                _ = try await withProgram(common + ["--role", "worker", "--status-port", "0"]) { worker in
                    let ports = [try await web.port(), try await worker.port(after: "status")]
                    for port in ports { try await until(port, 200) }
                    for fault in Self.faults {
                        for command in fault.begin { _ = try await redisCLI(["-s", server.socket] + command) }
                        for port in ports {
                            let text = try await until(port, 503)
                            #expect(text.contains(fault.complaint), "\(fault.name): \(text)")
                        }
                        for command in fault.end { _ = try await redisCLI(["-s", server.socket] + command) }
                        for port in ports { try await until(port, 200) }
                    }
                }
            }
        }
    }

    @Test(
        "A user without the right to run scripts is told at the start, by /readyz and by doctor, and no mail is accepted",
        arguments: ["resque", "queuebus", "eventr", "pubsub"])
    func scripts(strategy: String) async throws {
        try await withRedisServer { server in
            _ = try await redisCLI(
                [
                    "-s", server.socket, "ACL", "SETUSER", "mailer", "on", ">secret", "~*", "&*", "+@all", "-eval",
                    "-evalsha",
                ]
            )
            let url = "unix://mailer:secret@\(server.socket)"
            _ = try await withProgram(
                ["serve", "--strategy", strategy, "--port", "0", "--smtp-url", "discard:"],
                environment: ["REDIS_URL": url]
            ) { program in
                let port = try await program.port()
                _ = try await program.line { $0.contains("This process is not ready to work") && $0.contains("eval") }
                #expect(try await until(port, 503).contains("eval"))
                // pubsub needs them for Idempotency-Keys alone.
                let headers = strategy == "pubsub" ? ["Idempotency-Key: k"] : []
                let refused = try await fetch("/you@example.org/s/t", port: port, headers: headers)
                #expect(refused.status == 503 && refused.text.contains("eval"), "\(refused.text)")
                #expect(try await !redisCLI(["-s", server.socket, "KEYS", "*"]).contains("queue:"))
                _ = try await redisCLI(["-s", server.socket, "ACL", "SETUSER", "mailer", "+@all"])
                try await until(port, 200)
                #expect(try await fetch("/you@example.org/s/t", port: port).status == 200)
                // A right that is withdrawn is missed from the next check on.
                _ = try await redisCLI(["-s", server.socket, "ACL", "SETUSER", "mailer", "-eval", "-evalsha"])
                try await until(port, 503)
                #expect(try await fetch("/you@example.org/s/t", port: port, headers: headers).status == 503)
            }
            let (lines, status) = try await withProgram(
                ["doctor", "--strategy", strategy, "--port", "0", "--smtp-url", "discard:"],
                environment: ["REDIS_URL": url]
            ) { program in
                try await program.end()
                return program.lines
            }
            #expect(status == .exited(1), "\(lines)")
            #expect(lines.contains { $0.hasPrefix("bad   rights: ") && $0.contains("+evalsha") }, "\(lines)")
        }
    }

    @Test(
        "Each right of the docs that is missing is named by /readyz, and by the log at the start",
        arguments: ["pubsub", "resque", "queuebus", "eventr"])
    func missingRights(strategy: String) async throws {
        let rule = try Self.rule(of: strategy)
        // Of the first two one is enough, and the others are the connection's.
        let optional = ["+eval", "+script|load", "+evalsha", "+select", "+role", "+ping", "+unsubscribe"]
        let rights = rule.filter { $0.hasPrefix("+") && !optional.contains($0) }
        #expect(rights.count > 8)
        try await withRedisServer { server in
            _ = try await redisCLI(["-s", server.socket] + rule + ["-expire"])
            let url = "unix://mailer:secret@\(server.socket)"
            _ = try await withProgram(
                ["serve", "--strategy", strategy, "--port", "0", "--smtp-url", "discard:"],
                environment: ["REDIS_URL": url]
            ) { program in
                let port = try await program.port()
                _ = try await program.line { $0.contains("This process is not ready to work") && $0.contains("expire") }
                for right in rights {
                    let other = right.dropFirst()
                    _ = try await redisCLI(["-s", server.socket, "ACL", "SETUSER", "mailer", "+expire", "-\(other)"])
                    let text = try await until(port, 503)
                    #expect(text.contains(other), "\(right): \(text)")
                    _ = try await redisCLI(["-s", server.socket, "ACL", "SETUSER", "mailer", right])
                    try await until(port, 200)
                }
            }
        }
    }

    @Test(
        "A key that all programs share and that has another type is named by /readyz",
        arguments: ["workers", "workers:heartbeat", "swift:turns", "swift:processes", "failed", "queues"])
    func sharedKeys(key: String) async throws {
        try await withRedisServer { server in
            _ = try await redisCLI(["-s", server.socket, "SET", "resque:\(key)", "x"])
            _ = try await withProgram(
                ["serve", "--strategy", "resque", "--port", "0", "--smtp-url", "discard:", "--redis-url", server.url]
            ) { program in
                let port = try await program.port()
                #expect(try await until(port, 503).contains("another"))
                _ = try await redisCLI(["-s", server.socket, "DEL", "resque:\(key)"])
                try await until(port, 200)
            }
        }
    }

    /// The words of `ACL SETUSER` in docs/redis-acl.md.
    private static func rule(of strategy: String) throws -> [String] {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/redis-acl.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        let title = try #require(lines.firstIndex(of: "## \(strategy)"))
        return try #require(lines[title...].first { $0.hasPrefix("ACL SETUSER ") }).split(separator: " ").map(
            String.init)
    }

    @Test(
        "The rights that docs/redis-acl.md lists are enough: mails go, later and after a refusal, and nothing is refused",
        arguments: ["pubsub", "resque", "queuebus", "eventr"])
    func rights(strategy: String) async throws {
        let rule = try Self.rule(of: strategy)
        try await withRedisServer { server in
            #expect(try await redisCLI(["-s", server.socket] + rule).contains("OK"))
            let url = "unix://mailer:secret@\(server.socket)"
            _ = try await withProgram(
                ["serve", "--strategy", strategy, "--port", "0", "--retry-delay", "10ms"],
                environment: ["REDIS_URL": url]
            ) { program in
                let port = try await program.port()
                try await until(port, 200)
                for name in ["you", "fail-once"] {
                    let answer = try await fetch(
                        "/\(name)@example.org/s/t", port: port, headers: ["Idempotency-Key: \(name)"])
                    #expect(answer.status == 200, "\(answer.text)")
                    _ = try await program.line { $0.contains("Sent an email to \(name)@example.org") }
                }
                _ = try await fetch("/fail-550@example.org/s/t", port: port)
                _ = try await program.line { $0.contains("fail-550@example.org") && $0.contains("550") }
                #expect(!program.lines.contains { $0.contains("may not do this") }, "\(program.lines)")
            }
            if ["resque", "queuebus"].contains(strategy) {
                for command in [[], ["failed"], ["clear", "failed"], ["clear", "emailQueue"]] {
                    _ = try await withProgram(["queues"] + command, environment: ["REDIS_URL": url]) { program in
                        try await program.end()
                    }
                }
            }
            let log = try await redisCLI(["-s", server.socket, "ACL", "LOG"])
            // What only warns may be refused.
            let refused = log.split(separator: "object").dropFirst().filter {
                !$0.contains("config") && !$0.contains("info")
            }
            #expect(refused.isEmpty, "\(log)")
            let (doctor, status) = try await withProgram(
                ["doctor", "--strategy", strategy, "--port", "0", "--smtp-url", "discard:"],
                environment: ["REDIS_URL": url]
            ) { program in
                try await program.end()
                return program.lines
            }
            #expect(status == .exited(0), "\(doctor)")
            #expect(doctor.contains { $0.hasPrefix("good  rights: ") }, "\(doctor)")
        }
    }

    @Test("/readyz is 503 while delayed mails are overdue and no scheduler is at work, or the lock of one has no end")
    func overdue() async throws {
        try await withRedisServer { server in
            let common = ["serve", "--strategy", "resque", "--redis-url", server.url, "--smtp-url", "discard:"]
            _ = try await withProgram(common + ["--role", "server", "--port", "0"]) { web in
                let port = try await web.port()
                let past = "\(Int(Date().timeIntervalSince1970) - 60)"
                _ = try await redisCLI(["-s", server.socket, "ZADD", "resque:delayed_queue_schedule", past, past])
                #expect(try await until(port, 503).contains("no scheduler is at work"))
                let lock = "resque:resque_scheduler_leader_lock"
                _ = try await redisCLI(["-s", server.socket, "SET", lock, "host:1", "EX", "60"])
                _ = try await until(port, 200)
                _ = try await redisCLI(["-s", server.socket, "PERSIST", lock])
                #expect(try await until(port, 503).contains("no scheduler is at work"))
                _ = try await redisCLI(["-s", server.socket, "DEL", lock])
                _ = try await withProgram(common + ["--role", "worker"]) { _ in try await until(port, 200) }
            }
        }
    }

    @Test(
        "doctor warns of an eviction policy and of a missing append-only file, and names a replica; INFO need not be there"
    )
    func doctor() async throws {
        try await withRedisServer(["--rename-command", "INFO", ""]) { server in
            _ = try await redisCLI(["-s", server.socket, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
            func doctor() async throws -> (lines: [String], isGood: Bool) {
                let (lines, status) = try await withProgram(
                    [
                        "doctor", "--strategy", "resque", "--port", "0", "--smtp-url", "discard:", "--redis-url",
                        server.url,
                    ]
                ) { program in
                    try await program.end()
                    return program.lines
                }
                return (lines, status == .exited(0))
            }
            let (lines, isGood) = try await doctor()
            #expect(isGood, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("warn  redis: ") && $0.contains("allkeys-lru") }, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("warn  redis: ") && $0.contains("append-only") }, "\(lines)")
            _ = try await redisCLI(["-s", server.socket, "REPLICAOF", "127.0.0.1", "1"])
            let replica = try await doctor()
            #expect(!replica.isGood)
            #expect(
                replica.lines.contains { $0.hasPrefix("bad   redis: ") && $0.contains("replica") }, "\(replica.lines)")
        }
    }

    @Test("/readyz of local is 503 while its spool can't be written, and 200 again without a mail")
    func spool() async throws {
        try await withDirectory { folder in
            // A limit on the size of files stands for a full disk.
            let serve = [
                "serve", "--strategy", "local", "--port", "0", "--smtp-url", "smtp://127.0.0.1:1", "--spool",
                "\(folder)/spool",
            ]
            _ = try await withProgram(serve, shell: "ulimit -f 300; trap '' XFSZ") { program in
                let port = try await program.port()
                try await until(port, 200)
                let text = String(repeating: "x", count: 50_000)
                var status = 200
                for _ in 0..<20 where status == 200 {
                    status = try await fetch(
                        "/", port: port, method: "POST", headers: ["Content-Type: application/x-www-form-urlencoded"],
                        body: "to=you@example.org&subject=s&text=\(text)"
                    ).status
                }
                #expect(status == 503)
                #expect(try await until(port, 503).contains("spool"))
            }
        }
    }

    @discardableResult
    private func until(_ port: Int, _ status: Int) async throws -> String {
        while true {
            let response = try await fetch("/readyz", port: port)
            if response.status == status { return response.text }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
