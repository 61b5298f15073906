import BgdemoFoundations
import Foundation
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

/// What is killed or frozen while events are on their way.
extension EventrTests {
    @Test(
        "Consumers killed at any instant lose nothing, and do twice no more than they had in hand",
        arguments: [UInt64(1), 2])
    func killed(seed: UInt64) async throws {
        try await withRedisServer { server in
            let audit = server.folder + "/audit"
            let count = 3000
            let arguments = serve(
                server, "--role", "worker", "--audit", audit, "--lease", "500ms", "--batch", "20", "--concurrency", "2",
                "--smtp-url", "discard:", "--log-level", "warning")
            let redis = try connection(server)
            let writer = Task {
                for first in stride(from: 0, to: count, by: 50) {
                    let events = (first..<first + 50).map {
                        #"{"eventName":"number","number":\#($0)}"# as any RedisArgument
                    }
                    _ = try await redis.send("ZADD", "eventr:partitions", 100, 100)
                    _ = try await redis.send(RedisCommand(["RPUSH", "eventr:partitions:100"] + events))
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            var generator = SeededRandom(seed: seed)
            for _ in 0..<6 {
                let life = Duration.milliseconds(Int.random(in: 0...400, using: &generator))
                _ = try await withProgram(arguments) { program in
                    _ = try await program.line { $0.hasPrefix("bgdemo eventr") }
                    try await Task.sleep(for: life)
                    try program.signal(.kill)
                    try await program.end()
                }
            }
            try await writer.value
            _ = try await withProgram(arguments) { _ in
                while try await redis.send("HGET", "eventr:counters:100", "myApp").int != count {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let lines = audited(audit)
            #expect(Set(lines).count == count, "every event was handled")
            // Two batches of 20 in hand each time.
            #expect(lines.count - count <= 6 * 2 * 20, "\(lines.count - count) were handled twice")
            await redis.close()
        }
    }

    @Test("Redis killed and started again on its append-only file loses no event that was written, and none is skipped")
    func redisKilled() async throws {
        try await withRedisServer(["--appendonly", "yes", "--appendfsync", "always"], onPort: true) { server in
            let audit = server.folder + "/audit"
            let arguments = [
                "serve", "--strategy", "eventr", "--redis-url", "redis://127.0.0.1:\(server.port)", "--port", "0",
                "--audit",
                audit, "--lease", "1s", "--smtp-url", "discard:", "--log-level", "warning",
            ]
            let (written, _) = try await withProgram(arguments) { program in
                let port = try await program.port()
                var written: [String] = []
                for round in 0..<3 {
                    for number in 0..<50 {
                        let answer = try await fetch("/you@example.org/s/\(round)-\(number)", port: port)
                        if answer.status == 200 { written.append("\(round)-\(number)") }
                        if number == 25 {
                            try await server.end()
                            try await server.start()
                        }
                    }
                }
                let redis = try connection(server)
                while try await redis.send("EVAL", unread, 0).int != 0 { try await Task.sleep(for: .milliseconds(20)) }
                await redis.close()
                return written
            }
            #expect(written.count >= 100)
            let audited = audited(audit)
            for text in written { #expect(audited.contains { $0.contains(#""text":"\#(text)""#) }, "\(text) is lost") }
        }
    }

    @Test(
        "A worker stopped past its lease acknowledges nothing that another has taken")
    func frozen() async throws {
        try await withRedisServer { server in
            let audit = server.folder + "/audit"
            let redis = try connection(server)
            let arguments = serve(
                server, "--role", "worker", "--audit", audit, "--lease", "300ms", "--throttle", "10ms", "--batch", "10",
                "--smtp-url", "discard:", "--log-level", "notice")
            let mail = #"{"eventName":"emailEvent","email":{"to":"a@b.example","subject":"s","text":"t"}}"#
            _ = try await withProgram(arguments) { first in
                _ = try await first.line { $0.hasPrefix("bgdemo eventr") }
                _ = try await redis.send("ZADD", "eventr:partitions", 100, 100)
                let mails = [any RedisArgument](repeating: mail, count: 100)
                _ = try await redis.send(RedisCommand(["RPUSH", "eventr:partitions:100"] + mails))
                while try await redis.send("EXISTS", "eventr:leases:100:myApp").int != 1 {}
                try first.signal(.suspend)
                _ = try await withProgram(arguments) { second in
                    _ = try await second.line { $0.contains("takeover of events") }
                    try first.signal(.resume)
                    _ = try await first.line {
                        $0.contains("lost events to another process") && $0.contains("partition=100")
                    }
                    while try await redis.send("HGET", "eventr:counters:100", "myApp").int != 100 {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            #expect(Set(audited(audit)).count == 100)
            #expect(try await redis.send("EXISTS", "eventr:leases:100:myApp").int == 0)
            await redis.close()
        }
    }
}
