import BgdemoTestSupport
import Foundation
import NIOCore
import NIOPosix
import RedisClient
import Testing

@Suite("redis+cluster://", .timeLimit(.minutes(2)))
struct RedisClusterTests {
    @Test("A connection to a key's node follows the slot to another node, and no command is lost or done twice")
    func follows() async throws {
        try await withRedisClusterServers { servers in
            let text = "redis+cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
            let url = try RedisURL(text)
            #expect("\(url)" == text && url.isCluster)
            let redis = RedisConnection(
                url.node(of: "resque:{mail}:x"), on: MultiThreadedEventLoopGroup.singleton.any(), logger: .silentInTests
            )
            let count = 2000
            let moving = Task {
                for _ in 0..<3 { try await moveSlot(of: "{mail}", among: servers) }
            }
            var replies: [Int] = []
            for _ in 0..<count {
                try await replies.append(redis.send("INCR", "resque:{mail}:counter").int ?? 0)
                // Several keys, of which some may be on their way.
                _ = try await redis.send("MSET", "resque:{mail}:a", "1", "resque:{mail}:b", "2")
            }
            try await moving.value
            #expect(replies == Array(1...count))
            await redis.close()
        }
    }

    @Test("Pipelines find the replica that takes over from a dead master, and tell whether a part may have run")
    func deadMaster() async throws {
        try await withRedisClusterServers(replicas: 1, nodeTimeout: 1000) { servers in
            var options = RedisOptions()
            options.unavailableTimeout = .milliseconds(100)
            options.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(20)
            let redis = RedisCluster(
                try url(of: servers), on: MultiThreadedEventLoopGroup.singleton, options: options,
                logger: .silentInTests)
            let (live, dead) = (try await key(of: servers[0]), try await key(of: servers[1]))
            let commands: [RedisCommand] = [["INCR", live], ["INCR", dead]]
            func count() async throws -> Int { try await retried { try await redis.send("GET", live).int ?? 0 } }
            _ = try await redis.pipeline(commands)
            var before = try await count()
            try await servers[1].end()
            var parts = 0
            try await until {
                let error = await failure {
                    for reply in try await redis.pipeline(commands) { _ = try reply.get() }
                }
                let now = try await count()
                defer { before = now }
                if let error, error.reply == nil, now > before {
                    parts += 1
                    #expect(error.mayHaveRun, "\(error)")
                }
                return error == nil
            }
            #expect(parts > 0)
            await redis.close()
        }
    }

    @Test("A pipeline is repeated while its keys move; what is refused to the end says that time cures it")
    func moving() async throws {
        try await withRedisClusterServers { servers in
            let redis = RedisConnection(
                try url(of: servers).node(of: "{mail}"), on: MultiThreadedEventLoopGroup.singleton.any(),
                logger: .silentInTests)
            let first = try await SlotMove(of: "{mail}", among: servers)
            let sent = Task { try await redis.pipeline([["SET", "{mail}a", "1"], ["SET", "{mail}b", "2"]]) }
            let transaction = Task { try await redis.transaction([["INCR", "{mail}c"], ["INCR", "{mail}c"]]) }
            try await until { try await asks(first.owner) >= 4 }
            try await first.finish()
            #expect(try await sent.value.map(\.text) == ["OK", "OK"])
            #expect(try await transaction.value == [.integer(1), .integer(2)])

            _ = try await SlotMove(of: "{mail}", among: servers)
            let replies = try await redis.pipeline([["GET", "{mail}a"], ["GET", "{mail}gone"]])
            #expect(replies[0].text == "1")
            guard case .error(let error) = replies[1] else {
                Issue.record("a key that is not there: \(replies)")
                return
            }
            #expect(error.kind == .tryAgain && error.isRetryable)
            await redis.close()
        }
    }

    @Test("A command that waits for its keys to move ends with its connection")
    func closedWhileMoving() async throws {
        try await withRedisClusterServers { servers in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let redis = RedisConnection(
                try url(of: servers).node(of: "{mail}"), on: group.any(), logger: .silentInTests)
            let move = try await SlotMove(of: "{mail}", among: servers)
            let sent = Task { await failure { try await redis.send("GET", "{mail}a") } }
            try await until { try await asks(move.owner) > 0 }
            await redis.close()
            try await group.shutdownGracefully()
            #expect(await sent.value == .closed)
        }
    }

    private func url(of servers: [RedisServer]) throws -> RedisURL {
        try RedisURL("redis+cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ","))
    }

    /// A key in a slot that this node has.
    private func key(of server: RedisServer) async throws -> String {
        var number = 0
        while try await redisCLI(["-p", "\(server.port)", "GET", "\(number)"]).contains("MOVED") { number += 1 }
        return "\(number)"
    }

    /// How often a node has replied `ASK`.
    private func asks(_ server: RedisServer) async throws -> Int {
        let info = try await redisCLI(["-p", "\(server.port)", "INFO", "errorstats"])
        let digits = info.components(separatedBy: "errorstat_ASK:count=").dropFirst().first?.prefix { $0.isNumber }
        return digits.flatMap { Int($0) } ?? 0
    }

    @Test("A key of another slot is refused, and the error names the way")
    func otherSlot() async throws {
        try await withRedisClusterServers { servers in
            let url = try RedisURL("redis+cluster://127.0.0.1:\(servers[0].port),127.0.0.1:1")
            let redis = RedisConnection(
                url.node(of: "{mail}"), on: MultiThreadedEventLoopGroup.singleton.any(), logger: .silentInTests)
            let crossing = await failure { try await redis.send("MSET", "{mail}a", "1", "{other}b", "2") }
            #expect(crossing.map { "\($0)" }?.contains("resque:{mail}") == true, "\(String(describing: crossing))")
            let single = RedisConnection(
                try RedisURL("redis://127.0.0.1:\(servers[0].port)"), on: MultiThreadedEventLoopGroup.singleton.any(),
                logger: .silentInTests)
            var errors: [String] = []
            for key in 0..<10 {
                if let error = await failure({ try await single.send("GET", "\(key)") }) { errors.append("\(error)") }
            }
            #expect(errors.contains { $0.contains("redis+cluster://host:port,host2:port") }, "\(errors)")
            await redis.close()
            await single.close()
        }
    }

    @Test(
        "A URL that is none says what is wrong",
        arguments: ["redis+cluster://", "redis+cluster://a,,b", "redis+cluster://a/1", "redis+cluster://a?x=1"])
    func invalid(text: String) {
        #expect(throws: InvalidRedisURL.self) { try RedisURL(text) }
    }
}
