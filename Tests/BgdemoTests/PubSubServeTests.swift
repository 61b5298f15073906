import Subprocess
import BgdemoTestSupport
import Testing

/// The pub/sub strategy, its halves in processes of their own, as on two hosts.
@Suite(.timeLimit(.minutes(1)))
struct PubSubServeTests {
    private func half(_ role: String, _ server: RedisServer, _ more: [String] = []) -> [String] {
        ["serve", "--strategy", "pubsub", "--role", role, "--port", "0", "--redis-url", server.url] + more
    }

    @Test("What one process accepts another sends; a killed web server loses nothing, a killed worker what it held")
    func halves() async throws {
        try await withRedisServer { redis in
            _ = try await withProgram(half("worker", redis)) { worker in
                _ = try await worker.line { $0.contains("Listening on emailz") }
                _ = try await withProgram(half("server", redis)) { web in
                    let answer = try await fetch("/one@example.org/s/t", port: web.port())
                    #expect(answer.status == 200)
                    #expect(answer.text.contains(#""state":"published","subscribers":1"#))
                    try web.signal(.kill)
                    try await web.end()
                }
                _ = try await worker.line { $0.contains("Sent an email to one@example.org") }
                _ = try await withProgram(half("server", redis)) { web in
                    try worker.signal(.kill)
                    try await worker.end()
                    let answer = try await fetch("/two@example.org/s/t", port: web.port())
                    #expect(answer.status == 200)
                    #expect(answer.text.contains(#""subscribers":0,"#) || answer.text.contains(#""subscribers":0}"#))
                    _ = try await web.line { $0.contains("Lost an email to two@example.org") }
                    #expect(
                        try await fetch("/metrics", port: web.port()).text.contains("bgdemo_pubsub_unheard_total 1"))
                }
            }
        }
    }

    @Test("With Redis away the answer is 503; back, it is 200 again, and the worker hears it")
    func away() async throws {
        try await withRedisServer { redis in
            let (_, status) = try await withProgram(half("all", redis)) { program in
                let port = try await program.port()
                #expect(try await fetch("/one@example.org/s/t", port: port).status == 200)
                try await redis.end()
                #expect(try await fetch("/two@example.org/s/t", port: port).status == 503)
                #expect(try await fetch("/readyz", port: port).status == 503)
                try await redis.start()
                while try await !fetch("/three@example.org/s/t", port: port).text.contains(#""subscribers":1"#) {}
                _ = try await program.line { $0.contains("Sent an email to three@example.org") }
                #expect(!program.lines.contains { $0.contains("two@example.org") })
            }
            #expect(status == .exited(0))
        }
    }

    @Test(
        "On SIGTERM accepted mails are sent; the original loses them and logs it", arguments: ["safe", "talk"])
    func stop(semantics: String) async throws {
        try await withRedisServer { redis in
            let arguments = half(
                "all", redis, ["--semantics", semantics, "--concurrency", "1", "--smtp-delay", "500ms"])
            let (lines, status) = try await withProgram(arguments) { program in
                let port = try await program.port()
                for number in 0..<5 { _ = try await fetch("/a\(number)@example.org/s/t", port: port) }
                try program.signal(.terminate)
                try await program.end()
                return program.lines
            }
            let sent = lines.count { $0.contains("Sent an email to") }
            #expect(semantics == "safe" ? sent == 5 : sent < 5, "\(lines)")
            #expect(lines.contains { $0.contains("are lost") } == (semantics == "talk"))
            #expect(status == .exited(0))
        }
    }
}
