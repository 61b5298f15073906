import NIOCore
import NIOPosix
import RedisClient
import BgdemoTestSupport
import Testing

@Suite("Commands to a real Redis", .timeLimit(.minutes(1)))
struct RedisCommandTests {
    @Test("Bytes are stored and read back unchanged")
    func bytes() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            #expect(try await redis.send("SET", "k", bytes) == .string(Array("OK".utf8)))
            #expect(try await redis.send("GET", "k").bytes == bytes)
            #expect(try await redis.send("SET", "big", ByteBuffer(repeating: 0x61, count: 10 << 20)).text == "OK")
            #expect(try await redis.send("GET", "big").bytes?.count == 10 << 20)
            #expect(try await redis.send("GET", "none").isNull)
            #expect(try await redis.send("INCRBY", "n", 41).int == 41)
            #expect(try await redis.send("GET", "n").int == 41)
            #expect(try await redis.send("LRANGE", "none", 0, -1).array == [])
            #expect(try await redis.serverVersion().contains("."))
        }
    }

    @Test("A refused command is an error that says what to do and affects no other command")
    func refused() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            _ = try await redis.send("SET", "text", "x")
            let error = await failure { try await redis.send("RPUSH", "text", "y") }
            #expect(error?.reply?.kind == .wrongType)
            #expect(error?.mayHaveRun == false)
            #expect(error?.isRetryable == false)
            #expect(await failure { try await redis.send("NONSENSE") }?.reply?.code == "ERR")
            let replies = try await redis.pipeline([["GET", "text"], ["RPUSH", "text", "y"], ["GET", "text"]])
            #expect(replies[0].text == "x")
            #expect(
                replies[1]
                    == .error(RedisReplyError("WRONGTYPE Operation against a key holding the wrong kind of value")))
            #expect(replies[2].text == "x")
            #expect(try await redis.pipeline([]) == [])
        }
    }

    @Test("1,000 concurrent commands get their own replies")
    func crowd() async throws {
        try await withRedisServer { server in
            let redis = RedisConnectionPool(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton, logger: silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        let echoes = try await redis.pipeline([["ECHO", "\(number)"], ["ECHO", "-\(number)"]])
                        #expect(echoes.map(\.int) == [number, -number])
                    }
                }
                try await group.waitForAll()
            }
            #expect(redis.isConnected)
            await redis.close()
            #expect(await failure { try await redis.send("PING") } == .closed)
        }
    }

    @Test("A command that many need first is sent once, before them")
    func shared() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            _ = try await redis.send("PING")
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 0..<1000 {
                    group.addTask {
                        try await redis.send(
                            ["RPUSH", "list", number], after: ["SADD", "set", number % 2 == 0 ? "a" : "b"]
                        ).int
                    }
                }
                let lengths = try await group.reduce(into: Set<Int?>()) { $0.insert($1) }
                #expect(lengths == Set(1...1000))
            }
            #expect(try await redis.send("SCARD", "set").int == 2)
            // It is sent anew in each write, since somebody may have undone it.
            _ = try await redis.send("DEL", "set")
            #expect(try await redis.send(["RPUSH", "list", 1000], after: ["SADD", "set", "a"]).int == 1001)
            #expect(try await redis.send("SISMEMBER", "set", "a").int == 1)
            // What it is answered is nobody's, and the command after it has its own.
            #expect(try await redis.send(["LLEN", "list"], after: ["SADD", "list", "a"]).int == 1001)
        }
    }

    @Test("A transaction is all or nothing")
    func transaction() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let results = try await redis.transaction([["INCR", "n"], ["RPUSH", "n", "x"], ["INCR", "n"]])
            #expect(results.map(\.int) == [1, nil, 2])
            #expect(
                await failure { try await redis.transaction([["INCR", "n"], ["GET"]]) }?.reply?.code == "EXECABORT")
            #expect(try await redis.send("GET", "n").int == 2)
        }
    }

    @Test("A script runs by its digest, also when Redis has forgotten it")
    func script() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
            let first = try await redis.run(script, keys: ["k"], arguments: ["a"])
            #expect(first == .array([.string(Array("k".utf8)), .string(Array("a".utf8)), .integer(1)]))
            #expect(try await redis.run(script, keys: ["k"], arguments: ["a"]).array?.last?.int == 2)
            _ = try await redis.send("SCRIPT", "FLUSH")
            #expect(try await redis.run(script, keys: ["k"], arguments: ["a"]).array?.last?.int == 3)
            let calls = try await redis.send("INFO", "commandstats").text ?? ""
            #expect(calls.contains("cmdstat_evalsha:calls=3,"))
            #expect(calls.contains("cmdstat_eval:calls=1,"))
            let broken = await failure { try await redis.run(RedisScript("not lua"), keys: []) }
            #expect(broken?.reply?.code == "ERR")
        }
    }

    @Test("Password and database of the URL are used, and a wrong one is reported at once")
    func credentials() async throws {
        try await withRedisServer(["--requirepass", "se cret", "--user", "ann", "on", ">word", "~*", "&*", "+@all"]) {
            server in
            let login = try connection("unix://:se%20cret@\(server.socket)?db=3")
            _ = try await login.send("SET", "k", "in 3")
            let ann = try connection("unix://ann:word@\(server.socket)")
            #expect(try await ann.send("GET", "k").isNull)
            _ = try await ann.send("SELECT", 3)
            #expect(try await ann.send("GET", "k").text == "in 3")
            let wrong = try connection("unix://ann:drow@\(server.socket)")
            #expect(await failure { try await wrong.send("PING") }?.reply?.kind == .wrongPassword)
            let none = try connection(server.url)
            #expect(await failure { try await none.send("PING") }?.reply?.kind == .noAuth)
            #expect(!none.isConnected)
            let nowhere = try connection("unix://ann:word@\(server.socket)?db=999")
            #expect(await failure { try await nowhere.send("PING") }?.description.contains("DB index") == true)
        }
    }

    @Test("Blocking commands wait for the time they ask for")
    func blocking() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url) { $0.commandTimeout = .milliseconds(500) }
            let other = try connection(server.url)
            #expect(try await redis.blocking(["BLPOP", "q", 1], wait: .seconds(1)).isNull)
            async let popped = redis.blocking(["BLPOP", "q", 20], wait: .seconds(20))
            _ = try await other.send("RPUSH", "q", "job")
            #expect(try await popped.array?.last?.text == "job")
        }
    }
}
