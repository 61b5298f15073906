import BgdemoFoundations
import Foundation
import BgdemoSMTPInbox
import Logging
import NIOPosix
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

/// The bus on queues, on real processes that are killed.
@Suite(.timeLimit(.minutes(2)))
struct QueueBusCrashTests {
    private static let concurrency = 8

    private func connection(_ server: RedisServer) throws -> RedisConnection {
        RedisConnection(
            try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func worker(_ server: RedisServer, _ more: String...) -> [String] {
        [
            "serve", "--strategy", "queuebus", "--role", "worker", "--redis-url", server.url, "--concurrency",
            "\(Self.concurrency)", "--log-level", "warning",
        ] + more
    }

    private func archived(_ path: String) -> [String] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    /// Nothing is on its way, stuck, or failed.
    private func isQuiet(_ redis: RedisConnection) async throws -> Bool {
        let lengths = try await redis.pipeline(
            ["bus_incoming", "mailer_default", "archive_default"].map { ["LLEN", "resque:queue:\($0)"] }
                + [["HLEN", "resque:swift:turns"], ["ZCARD", "resque:delayed_queue_schedule"]])
        return lengths.allSatisfy { $0.int == 0 }
    }

    /// Kills a worker that holds no job which was in hand at two deaths already: the third fails it.
    private func kill(_ worker: Program, on server: RedisServer) async throws {
        let redis = try connection(server)
        defer { redis.close() }
        while true {
            try worker.signal(.suspend)
            // What it has sent before is done by the second reply.
            _ = try await redis.send("PING")
            let histories = try await redis.send("HVALS", "resque:swift:turns").array ?? []
            let crashes = histories.compactMap { $0.text?.split(separator: ",").dropFirst(2).first }
            if !crashes.contains("2") { return try worker.signal(.kill) }
            try worker.signal(.resume)
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("400 mails reach both subscribers while workers are killed eight times and Redis twice")
    func crashes() async throws {
        let count = 400
        try await withRedisServer(["--appendonly", "yes", "--appendfsync", "always"]) { server in
            let inbox = try await Inbox.start(
                settings: InboxSettings(), group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "inbox"))
            let archive = server.folder + "/archive"
            let arguments = worker(server, "--archive", archive, "--smtp-url", inbox.url)
            let web = [
                "serve", "--strategy", "queuebus", "--role", "server", "--port", "0", "--redis-url", server.url,
            ]
            let (accepted, _) = try await withProgram(web) { web in
                let port = try await web.port()
                return try await withThrowingTaskGroup(of: [String].self) { tasks in
                    tasks.addTask {
                        var ids: [String] = []
                        // While Redis is away, the client is told to come again.
                        while ids.count < count {
                            let answer = try await fetch("/you@example.org/\(ids.count)/text", port: port)
                            guard answer.status == 200 else { continue }
                            ids += answer.text.split(separator: #""id":""#).dropFirst().map { String($0.prefix(26)) }
                        }
                        return ids
                    }
                    tasks.addTask {
                        var generator = SeededRandom(seed: 5)
                        for kill in 1...8 {
                            let life = Duration.milliseconds(Int.random(in: 30...300, using: &generator))
                            _ = try await withProgram(arguments) { worker in
                                _ = try await worker.line { $0.hasPrefix("bgdemo queuebus") }
                                if kill == 3 || kill == 6 {
                                    try await server.end()
                                    try await server.start()
                                }
                                try await Task.sleep(for: life)
                                try await self.kill(worker, on: server)
                                try await worker.end()
                            }
                        }
                        return []
                    }
                    return try await tasks.reduce(into: []) { $0 += $1 }
                }
            }
            let redis = try connection(server)
            _ = try await withProgram(arguments) { worker in
                while try await !isQuiet(redis) { try await Task.sleep(for: .milliseconds(20)) }
                try await worker.isAlone(in: redis)
            }
            let sent = inbox.mails.newest().compactMap(\.messageID)
            let kept = archived(archive)
            #expect(Set(accepted).count == count)
            for id in accepted {
                #expect(sent.contains { $0.contains(id) }, "\(id) was not sent")
                #expect(kept.contains { $0.contains(id) }, "\(id) was not kept")
            }
            // A worker had so many in hand each time that it, or Redis, was killed.
            #expect(sent.count - Set(sent).count <= (8 + 2) * Self.concurrency)
            #expect(kept.count - Set(kept).count <= (8 + 2) * Self.concurrency)
            // A copy that was ridden twice is one copy; two copies of one event would differ by when they were driven.
            let events = Set(kept.compactMap { $0.components(separatedBy: #""bus_id":""#).last?.prefix(47) })
            #expect(Set(kept).count == events.count, "an event was driven twice")
            #expect(try await redis.send("LLEN", "resque:failed").int == 0)
            let stuck = try await redis.send("KEYS", "resque:worker:*").array ?? []
            #expect(stuck.isEmpty, "\(stuck)")
            await redis.close()
            await inbox.stop()
        }
    }

    @Test("A subscriber that stands still holds up neither the driver nor another subscriber")
    func pace() async throws {
        try await withRedisServer { server in
            let archive = server.folder + "/archive"
            let arguments = [
                "serve", "--strategy", "queuebus", "--redis-url", server.url, "--port", "0", "--concurrency", "2",
                "--smtp-delay", "1h", "--archive", archive, "--grace", "1s",
            ]
            _ = try await withProgram(arguments) { program in
                let port = try await program.port()
                for number in 0..<20 {
                    #expect(try await fetch("/you@example.org/s/\(number)", port: port).status == 200)
                }
                while archived(archive).count < 20 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test("A fan-out that died half way is repeated without a second copy to anyone", arguments: [UInt64(1), 2])
    func fanOut(seed: UInt64) async throws {
        let count = 2000
        try await withRedisServer(["--appendonly", "yes", "--appendfsync", "no"]) { server in
            let redis = try connection(server)
            // Ten subscribers, whom nobody rides here: every copy stays where it was pushed.
            for number in 0..<10 {
                _ = try await redis.send("SADD", "resque:bus_apps", "app\(number)")
                _ = try await redis.send(
                    "HSET", "resque:bus_app:app\(number)", "k",
                    #"{"queue_name":"app\#(number)_q","key":"k","class":"::QueueBus::Rider","matcher":{"n":"bus_special_value_key"}}"#
                )
            }
            for number in 0..<count {
                let event = #"{\"n\":\#(number),\"bus_id\":\"\#(number)\",\"bus_class_proxy\":\"QueueBus::Driver\"}"#
                _ = try await redis.send(
                    "RPUSH", "resque:queue:bus_incoming", #"{"class":"QueueBus::Worker","args":["\#(event)"]}"#)
            }
            let arguments = worker(server, "--smtp-url", "discard:")
            var generator = SeededRandom(seed: seed)
            for _ in 0..<8 {
                let life = Duration.milliseconds(Int.random(in: 0...40, using: &generator))
                _ = try await withProgram(arguments) { worker in
                    _ = try await worker.line { $0.hasPrefix("bgdemo queuebus") }
                    try await Task.sleep(for: life)
                    try worker.signal(.kill)
                    try await worker.end()
                }
            }
            _ = try await withProgram(arguments) { _ in
                while try await !isQuiet(redis) { try await Task.sleep(for: .milliseconds(20)) }
            }
            for number in 0..<10 {
                #expect(try await redis.send("LLEN", "resque:queue:app\(number)_q").int == count)
            }
            #expect(try await redis.send("LLEN", "resque:failed").int == 0)
            await redis.close()
        }
    }
}
