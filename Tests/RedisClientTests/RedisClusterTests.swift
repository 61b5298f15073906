import BgdemoTestSupport
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
