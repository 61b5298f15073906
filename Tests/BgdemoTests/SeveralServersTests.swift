import BgdemoSMTPInbox
import BgdemoTestSupport
import Foundation
import NIOPosix
import Subprocess
import Testing

@Suite("Several web servers", .serialized, .timeLimit(.minutes(2)))
struct SeveralServersTests {
    @Test(
        "behind nginx share the Idempotency-Keys and know what became of each other's mails, also after a restart",
        arguments: ["resque", "queuebus", "eventr", "pubsub"])
    func shared(strategy: String) async throws {
        try await withRedisServer { redis in
            let inbox = try await Inbox.start(
                settings: InboxSettings(), group: MultiThreadedEventLoopGroup.singleton, logger: .silentInTests)
            let common = ["serve", "--strategy", strategy, "--redis-url", redis.url]
            let server = common + ["--role", "server", "--port", "0"]
            _ = try await withProgram(common + ["--role", "worker", "--smtp-url", inbox.url]) { worker in
                _ = try await worker.line { $0.hasPrefix("bgdemo ") }
                let ids = Watched<[String]>([])
                try await behindNginx(server) { port in
                    let answers = try await withThrowingTaskGroup(of: RawResponse.self) { group in
                        for _ in 0..<20 { group.addTask { try await ask("once", key: "a key", port: port) } }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.text))")
                    let all = Set(answers.compactMap { mailID(of: $0) })
                    #expect(all.count == 1, "\(all)")
                    ids.change { $0 += all }
                    #expect(try await ask("another", key: "a key", port: port).status == 409)
                }
                let first = try #require(ids.value.first)
                try await behindNginx(server) { port in
                    #expect(try await mailID(of: ask("once", key: "a key", port: port)) == first)
                    // One request to each server.
                    for _ in 0..<2 {
                        var status = try await fetch("/mails/\(first)", port: port)
                        while !status.text.contains(#""state":"sent""#) {
                            #expect([200, 404].contains(status.status), "\(status.text)")
                            try await Task.sleep(for: .milliseconds(20))
                            status = try await fetch("/mails/\(first)", port: port)
                        }
                        #expect(status.text.contains(#""attempts":1"#), "\(status.text)")
                    }
                    #expect(try await fetch("/mails/01m8j11xra0005vd133dww89sg", port: port).status == 404)
                }
            }
            #expect(inbox.mails.newest().count == 1)
            await inbox.stop()
        }
    }

    @Test("local keeps the keys in its spool, and says what became of a mail")
    func spool() async throws {
        let inbox = try await Inbox.start(
            settings: InboxSettings(), group: MultiThreadedEventLoopGroup.singleton, logger: .silentInTests)
        try await withDirectory { folder in
            let serve = [
                "serve", "--strategy", "local", "--port", "0", "--smtp-url", inbox.url, "--spool", "\(folder)/spool",
            ]
            let ids = Watched<[String]>([])
            for round in 1...2 {
                _ = try await withProgram(serve) { program in
                    let port = try await program.port()
                    let answer = try await ask("once", key: "k", port: port)
                    #expect(answer.status == 200, "\(answer.text)")
                    let id = try #require(mailID(of: answer))
                    ids.change { $0.append(id) }
                    #expect(try await ask("another", key: "k", port: port).status == 409)
                    guard round == 1 else { return }
                    while try await !fetch("/mails/\(id)", port: port).text.contains(#""state":"sent""#) {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            #expect(Set(ids.value).count == 1, "\(ids.value)")
        }
        #expect(inbox.mails.newest().count == 1)
        await inbox.stop()
    }

    @Test(
        "GET /mails/ID tells of attempts and refusals", arguments: ["foreground", "fire-and-forget", "local", "resque"])
    func status(strategy: String) async throws {
        try await withRedisServer { redis in
            let serve =
                ["serve", "--strategy", strategy, "--port", "0", "--retry-delay", "10ms"]
                + (strategy == "resque" ? ["--redis-url", redis.url] : [])
            _ = try await withProgram(serve) { program in
                let port = try await program.port()
                let refused = try await fetch("/fail-550@example.org/s/t", port: port)
                let id = try #require(mailID(of: refused), "\(refused.text)")
                var status = try await fetch("/mails/\(id)", port: port)
                while !status.text.contains(#""state":"failed""#) {
                    #expect([200, 404].contains(status.status), "\(status.text)")
                    try await Task.sleep(for: .milliseconds(20))
                    status = try await fetch("/mails/\(id)", port: port)
                }
                #expect(status.text.contains(#""outcome":"permanent""#) && status.text.contains("550"))
                #expect(try await fetch("/mails/none", port: port).status == 404)
            }
        }
    }

    private func ask(_ subject: String, key: String, port: Int) async throws -> RawResponse {
        try await fetch("/you@example.org/\(subject)/text", port: port, headers: ["Idempotency-Key: \(key)"])
    }

    private func mailID(of response: RawResponse) -> String? {
        response.text.split(separator: #""id":""#, maxSplits: 1).dropFirst().first.map { String($0.prefix(26)) }
    }

    /// Two web servers, asked in turn.
    private func behindNginx(
        _ server: [String], _ body: @Sendable @escaping (_ port: Int) async throws -> Void
    ) async throws {
        _ = try await withProgram(server) { one in
            _ = try await withProgram(server) { other in
                let ports = [try await one.port(), try await other.port()]
                let port = try await freePort()
                try await withDirectory { folder in
                    let file = "\(folder)/nginx.conf"
                    try Self.nginx("\(folder)", port, ports).write(toFile: file, atomically: true, encoding: .utf8)
                    try await withExternalServer(
                        "/usr/sbin/nginx", ["-c", file, "-p", "\(folder)", "-e", "\(folder)/error.log"], port: port
                    ) { try await body(port) }
                }
            }
        }
    }

    private static func nginx(_ folder: String, _ port: Int, _ servers: [Int]) -> String {
        """
        daemon off;
        user root;
        pid \(folder)/nginx.pid;
        events {}
        http {
          access_log off;
          client_body_temp_path \(folder)/body;
          proxy_temp_path \(folder)/proxy;
          fastcgi_temp_path \(folder)/fastcgi;
          uwsgi_temp_path \(folder)/uwsgi;
          scgi_temp_path \(folder)/scgi;
          upstream bgdemo {
        \(servers.map { "    server 127.0.0.1:\($0);" }.joined(separator: "\n"))
          }
          server {
            listen 127.0.0.1:\(port);
            location / {
              proxy_pass http://bgdemo;
              proxy_set_header Host localhost;
            }
          }
        }
        """
    }
}
