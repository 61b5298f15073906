import Foundation
import Logging
import NIOPosix
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

/// The eventr strategy and the events verb, as processes.
@Suite(.timeLimit(.minutes(2)))
struct EventrTests {
    func serve(_ server: RedisServer, _ more: String...) -> [String] {
        ["serve", "--strategy", "eventr", "--redis-url", server.url, "--port", "0"] + more
    }

    func events(_ server: RedisServer, _ words: String...) async throws -> (
        lines: [String], status: TerminationStatus
    ) {
        let (lines, status) = try await withProgram(["events"] + words + ["--redis-url", server.url]) { program in
            try await program.end()
            return program.lines
        }
        return (lines, status)
    }

    /// Starts workers with the same audit file.
    func withWorkers(
        _ count: Int, _ arguments: [String], _ body: @Sendable @escaping ([Program]) async throws -> Void
    ) async throws {
        @Sendable func start(_ programs: [Program]) async throws {
            guard programs.count < count else { return try await body(programs) }
            _ = try await withProgram(arguments) { program in
                _ = try await program.line { $0.hasPrefix("bgdemo eventr") }
                try await start(programs + [program])
            }
        }
        try await start([])
    }

    /// How many events no consumer has acknowledged; a test on one server may name keys as it likes.
    let unread = """
        local lag = 0
        for _, n in ipairs(redis.call('ZRANGE', 'eventr:partitions', 0, -1)) do
          lag = lag + redis.call('LLEN', 'eventr:partitions:' .. n) - (redis.call('HGET', 'eventr:counters:' .. n, 'myApp') or 0)
        end
        return lag
        """

    func audited(_ path: String) -> [String] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    @Test(
        "One emailEvent: the mail is sent, the audit has a line, the counter counts one; under another name it all happens again"
    )
    func handlers() async throws {
        try await withRedisServer { server in
            let audit = server.folder + "/audit"
            _ = try await withProgram(serve(server, "--audit", audit)) { program in
                let port = try await program.port()
                let answer = try await fetch("/you@example.org/hello/it-works", port: port)
                #expect(answer.status == 200)
                #expect(answer.text.contains(#""state":"written""#))
                _ = try await program.line { $0.contains("Sent an email to you@example.org") }
                _ = try await program.line { $0.contains(#"success consumer="#) && $0.contains("audit handler") }
                _ = try await program.line { $0.contains(#"success consumer="#) && $0.contains("counter handler") }
                let metrics = try await fetch("/metrics", port: port).text
                #expect(metrics.contains(#"bgdemo_events_total{event="emailEvent"} 1"#))
            }
            #expect(audited(audit).count == 1)
            #expect(
                audited(audit)[0].contains(
                    #"{"eventName":"emailEvent","email":{"to":"you@example.org","subject":"hello","text":"it-works"},"id":""#
                ))
            _ = try await withProgram(serve(server, "--role", "worker", "--consumer", "other", "--audit", audit)) {
                _ = try await $0.line { $0.contains("Sent an email to you@example.org") }
                _ = try await $0.line { $0.contains(#"success consumer="#) && $0.contains("audit handler") }
            }
            #expect(audited(audit).count == 2)
            #expect(Set(audited(audit)).count == 1)
        }
    }

    @Test("Two names and three processes each: every event once for each name")
    func shared() async throws {
        try await withRedisServer { server in
            let count = 5000
            let redis = try connection(server)
            @Sendable func arguments(_ name: String) -> [String] {
                serve(
                    server, "--role", "worker", "--consumer", name, "--audit", server.folder + "/" + name,
                    "--concurrency", "1",
                    "--smtp-url", "discard:", "--log-level", "warning")
            }
            try await withWorkers(3, arguments("a")) { _ in
                try await withWorkers(3, arguments("b")) { _ in
                    _ = try await redis.send("ZADD", "eventr:partitions", 100, 100)
                    for first in stride(from: 0, to: count, by: 500) {
                        let events = (first..<first + 500).map {
                            #"{"eventName":"number","number":\#($0)}"# as any RedisArgument
                        }
                        _ = try await redis.send(RedisCommand(["RPUSH", "eventr:partitions:100"] + events))
                    }
                    while try await redis.send("HMGET", "eventr:counters:100", "a", "b").array?.compactMap(\.int) != [
                        count, count,
                    ] {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            for name in ["a", "b"] {
                let lines = audited(server.folder + "/" + name)
                #expect(lines.count == count && Set(lines).count == count)
            }
            await redis.close()
        }
    }

    @Test("The original publishes the talk's JSON and loses the mail under way when its worker dies")
    func talk() async throws {
        try await withRedisServer { server in
            let redis = try connection(server)
            _ = try await withProgram(serve(server, "--semantics", "talk", "--smtp-delay", "1h")) { program in
                let port = try await program.port()
                #expect(try await fetch("/you@example.org/hello/it-works", port: port).status == 200)
                while try await redis.send("EVAL", unread, 0).int != 0 {
                    try await Task.sleep(for: .milliseconds(20))
                }
                try program.signal(.kill)
                try await program.end()
            }
            let partition = try await redis.send("ZRANGE", "eventr:partitions", 0, 0).array?.first?.text ?? ""
            #expect(
                try await redis.send("LINDEX", "eventr:partitions:\(partition)", 0).text
                    == #"{"eventName":"emailEvent","email":{"to":"you@example.org","subject":"hello","text":"it-works"}}"#
            )
            // Nobody has sent it, and nobody will: the cursor has passed it.
            #expect(try await redis.send("HGET", "eventr:counters:\(partition)", "myApp").text == "1")
            await redis.close()
        }
    }

    @Test("SIGTERM finishes what is in hand, gives the rest back, and ends with 0")
    func graceful() async throws {
        try await withRedisServer { server in
            let redis = try connection(server)
            let arguments = serve(
                server, "--smtp-delay", "1s", "--concurrency", "2", "--batch", "10", "--lease", "1h")
            let (sent, status) = try await withProgram(arguments) { program in
                let port = try await program.port()
                for number in 0..<60 {
                    #expect(try await fetch("/you@example.org/s/\(number)", port: port).status == 200)
                }
                _ = try await program.line { $0.contains("Sent an email") }
                try program.signal(.terminate)
                try await program.end()
                return program.lines.count { $0.contains("Sent an email") }
            }
            #expect(status == .exited(0))
            #expect(sent < 60)
            // The rest is there for the next at once: its lease is an hour.
            let next = serve(server, "--role", "worker", "--smtp-url", "discard:", "--lease", "1h")
            let (rest, _) = try await withProgram(next) { program in
                while try await redis.send("EVAL", unread, 0).int != 0 { try await Task.sleep(for: .milliseconds(20)) }
                // What it has said is all out when it has ended.
                try program.signal(.terminate)
                try await program.end()
                return program.lines.count { $0.contains("Sent an email") }
            }
            #expect(sent + rest == 60)
            await redis.close()
        }
    }

    @Test("The verbs: consumers, tail, replay, trim, dead, forget")
    func verbs() async throws {
        try await withRedisServer { server in
            #expect(
                try await events(server, "write", #"{"eventName":"one"}"#, #"{"eventName":"two"}"#).status == .exited(0)
            )
            #expect(try await events(server, "tail").lines == [#"{"eventName":"one"}"#, #"{"eventName":"two"}"#])
            #expect(try await events(server, "tail", "-n", "1").lines == [#"{"eventName":"two"}"#])
            #expect(try await events(server, "tail", "--from", "2020-01-01").lines.count == 2)
            #expect(
                try await events(server, "replay", "--consumer", "new", "--beginning").lines
                    == ["new reads 2 events, from partition 0 on"])
            let rows = try await events(server, "consumers", "--json").lines
            #expect(rows.count == 1 && rows[0].contains(#""consumer":"new""#) && rows[0].contains(#""lag":2"#))
            #expect(try await events(server).lines.first?.hasPrefix("consumer  partition  lag") == true)
            #expect(
                try await events(server, "trim", "--older-than", "7d").lines == ["0 partitions with 0 events deleted"])
            #expect(try await events(server, "dead", "--consumer", "new").lines.isEmpty)
            #expect(
                try await events(server, "forget", "--consumer", "new").lines == [
                    "new is forgotten; if it still works, it begins anew"
                ])
            for wrong in [
                ["write", "no json"], ["write"], ["replay", "--consumer", "x"], ["tail", "--beginning", "--end"],
                ["replay", "--consumer", "x", "--from", "yesterday"], ["trim"], ["forget", "--consumer", "nobody"],
            ] {
                let (_, status) = try await withProgram(["events"] + wrong + ["--redis-url", server.url]) {
                    try await $0.end()
                }
                #expect(status == .exited(64), "\(wrong)")
            }
        }
    }

    func connection(_ server: RedisServer) throws -> RedisConnection {
        RedisConnection(
            try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
