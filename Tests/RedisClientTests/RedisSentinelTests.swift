import BgdemoTestSupport
import NIOCore
import RedisClient
import Testing

@Suite("Sentinels", .timeLimit(.minutes(1)))
struct RedisSentinelTests {
    @Test("The primary is found, followed when it is killed, and nothing that WAIT has seen on a replica is lost")
    func killed() async throws {
        try await withRedisSentinels { group in
            let redis = try connection(group.url)
            let replicas = try connection("redis://127.0.0.1:\(group.servers[0].port)")
            try await until { try await replicas.send("WAIT", 2, 100).int == 2 }
            try await until {
                // The Sentinels have found each other and the replicas.
                let sentinel = try connection("redis://:between-us@127.0.0.1:\(group.sentinels[0].port)")
                defer { sentinel.close() }
                let reply = try? await sentinel.send("SENTINEL", "ckquorum", "mymaster")
                return reply?.text?.contains("3 usable") == true
            }
            var safe: [Int] = []
            func write(_ number: Int) async {
                do {
                    let replies = try await redis.pipeline([["RPUSH", "list", number], ["WAIT", 1, 500]])
                    if replies.last?.int ?? 0 > 0 { safe.append(number) }
                } catch {
                    // Not accepted.
                }
            }
            for number in 0..<50 { await write(number) }
            #expect(safe.count == 50)
            try await group.servers[0].end()
            let killed = ContinuousClock.now
            var number = 50
            while safe.count < 60, ContinuousClock.now - killed < .seconds(30) {
                await write(number)
                number += 1
            }
            #expect(ContinuousClock.now - killed < .seconds(15))
            let list = Set(try await redis.send("LRANGE", "list", 0, -1).array?.compactMap(\.int) ?? [])
            #expect(Set(safe).isSubset(of: list))
        }
    }

    @Test("A fail-over by hand moves connections and subscriptions, and commands wait instead of failing")
    func switched() async throws {
        try await withRedisSentinels { group in
            let redis = try connection(group.url)
            let first = try connection("redis://127.0.0.1:\(group.servers[0].port)")
            try await until { try await first.send("WAIT", 2, 100).int == 2 }
            let subscription = RedisSubscription(
                try RedisURL(group.url), channels: ["a"], on: anyLoop, logger: silent)
            let events = subscription.makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            _ = try await redis.send("SET", "x", 0)
            let sentinel = try connection("redis://:between-us@127.0.0.1:\(group.sentinels[0].port)")
            try await until {
                let reply = try? await sentinel.send("SENTINEL", "failover", "mymaster")
                return reply?.text == "OK"
            }
            try await until { try await retried { try await first.send("ROLE") }.array?.first?.text == "slave" }
            for _ in 0..<20 { _ = try await retried { try await redis.send("INCR", "x") } }
            guard case .lost? = await events.next() else {
                Issue.record("the subscription stays where it was")
                return
            }
            #expect(await events.next() == .subscribed)
        }
    }

    @Test(
        "A connection to the primary that the Sentinels name stays, however often they name it; to another it does not")
    func announced() async throws {
        try await withRedisServer(onPort: true) { server in
            let (named, told) = (Watched(server.port), Watched(0))
            // A Sentinel that names the primary with each reply to a subscriber's PING.
            let sentinel = try await ScriptedRedis.start { _, read in
                let command = String(buffer: read)
                func array(_ words: String...) -> String {
                    "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
                }
                let (channel, port) = ("+switch-master", "\(named.value)")
                let answer: String
                if command.contains("get-master-addr-by-name") {
                    answer = array("127.0.0.1", "\(server.port)")
                } else if command.contains("SUBSCRIBE") {
                    answer = "*3\r\n$9\r\nsubscribe\r\n$14\r\n\(channel)\r\n:1\r\n"
                } else if told.value > 0 || command.hasPrefix("*1") {
                    told.change { $0 += 1 }
                    answer =
                        "+PONG\r\n"
                        + (told.value > 1 ? array("message", channel, "mymaster 127.0.0.1 1 127.0.0.1 \(port)") : "")
                } else {
                    answer = "-ERR\r\n"
                }
                return ByteBuffer(string: answer)
            }
            let redis = try connection("redis+sentinel://127.0.0.1:\(sentinel.port)/mymaster/0") {
                $0.commandTimeout = .milliseconds(500)
            }
            let id = try await retried { try await redis.send("CLIENT", "ID") }
            let before = told.value
            try await told.wait { $0 > before + 2 }
            #expect(try await redis.send("CLIENT", "ID") == id)
            named.change { $0 = 1 }
            try await until { try await retried { try await redis.send("CLIENT", "ID") } != id }
            await redis.close()
            try await sentinel.close()
        }
    }

    @Test("A Sentinel that is dead, and one that does not know the primary, are passed over; the error says which")
    func passedOver() async throws {
        try await withRedisSentinels { group in
            let dead = try await freePort()
            let alive = group.sentinels[0].port
            let hosts = "127.0.0.1:\(dead),127.0.0.1:\(alive)"
            let redis = try connection("redis+sentinel://\(hosts)/mymaster?sentinel-password=between-us")
            #expect(try await redis.send("PING").text == "PONG")
            let unknown = try connection("redis+sentinel://127.0.0.1:\(alive)/other?sentinel-password=between-us") {
                $0.unavailableTimeout = .milliseconds(200)
            }
            let error = await failure { try await unknown.send("PING") }
            #expect(error?.description.contains("127.0.0.1:\(alive)") == true)
            #expect(error?.description.contains("other") == true, "\(String(describing: error))")
        }
    }
}
