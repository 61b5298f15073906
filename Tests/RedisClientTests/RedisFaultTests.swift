import Logging
import NIOCore
import NIOPosix
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

@Suite("A Redis that is away, slow, restarted or none", .timeLimit(.minutes(1)))
struct RedisFaultTests {
    @Test("Commands wait for a Redis that starts in time")
    func late() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            _ = try await redis.send("PING")
            try await server.end()
            // The connection's end may be told before or after the command is sent.
            async let answer = retried { try await redis.send("PING") }
            try await server.start()
            #expect(try await answer.text == "PONG")
            #expect(redis.isConnected)
        }
    }

    @Test("Without a Redis commands fail after a moment, later ones at once")
    func nobody() async throws {
        let redis = try connection("unix:///tmp/bgdemo-nobody.sock") { $0.unavailableTimeout = .milliseconds(50) }
        for _ in 0..<3 {
            let error = await failure { try await redis.send("PING") }
            guard case .unavailable(let why)? = error else {
                Issue.record("not away but \(String(describing: error))")
                return
            }
            #expect(why.contains("/tmp/bgdemo-nobody.sock"))
            #expect(error?.mayHaveRun == false && error?.isRetryable == true)
        }
        #expect(!redis.isConnected)
    }

    @Test("The number of waiting commands is bounded")
    func full() async throws {
        let redis = try connection("unix:///tmp/bgdemo-nobody.sock") {
            $0.pendingCommandLimit = 3
            $0.pendingByteLimit = 1000
            $0.unavailableTimeout = .seconds(60)
        }
        let errors = await withTaskGroup(of: RedisError?.self) { group in
            for _ in 0..<5 { group.addTask { await failure { try await redis.send("PING") } } }
            let errors = [await group.next(), await group.next()]
            group.cancelAll()
            return await group.reduce(into: errors) { $0.append($1) }
        }
        #expect(errors.prefix(2).allSatisfy { isFull($0 ?? nil) })
        #expect(errors.dropFirst(2).allSatisfy { $0 == .cancelled(mayHaveRun: false) })

        let small = try connection("unix:///tmp/bgdemo-nobody.sock") { $0.pendingByteLimit = 1000 }
        #expect(isFull(await failure { try await small.send("SET", "k", String(repeating: "x", count: 1000)) }))
    }

    @Test("With a stopped Redis a command fails at its time limit, and late replies belong to no command")
    func frozen() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url) {
                $0.commandTimeout = .milliseconds(300)
                $0.connectTimeout = .milliseconds(300)
                $0.unavailableTimeout = .milliseconds(300)
            }
            #expect(try await redis.send("ECHO", "before").text == "before")
            try server.signal(.suspend)
            let error = await failure { try await redis.send("ECHO", "frozen") }
            #expect(error == .timedOut(command: "ECHO", after: .milliseconds(300)))
            #expect(error?.mayHaveRun == true)
            #expect(await failure { try await redis.send("ECHO", "still") }?.mayHaveRun == false)
            try server.signal(.resume)
            for number in 0..<20 {
                #expect(try await retried { try await redis.send("ECHO", number) }.int == number)
            }
        }
    }

    @Test("A killed Redis continues from its append-only file")
    func restarted() async throws {
        try await withRedisServer(["--appendonly", "yes", "--appendfsync", "always"]) { server in
            let redis = try connection(server.url)
            let script = RedisScript("return redis.call('INCR', KEYS[1])")
            for number in 1...3 {
                #expect(try await retried { try await redis.run(script, keys: ["n"]) }.int == number)
                try await server.end()
                try await server.start()
            }
        }
    }

    @Test("A cut connection is an error that says the reply is lost; the next command uses a new one")
    func cut() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server.socket)
            let redis = try connection("redis://127.0.0.1:\(proxy.port)/2")
            #expect(try await redis.send("INCR", "n").int == 1)
            try await proxy.set(.droppingReplies)
            async let lost = failure { try await redis.send("INCR", "n") }
            try await until { proxy.droppedBytes > 0 }
            try await proxy.set(.normal)
            proxy.cut()
            let error = await lost
            #expect(error?.mayHaveRun == true)
            #expect(error?.isRetryable == true)
            #expect(try await redis.send("INCR", "n").int == 3)
            #expect(proxy.connections == 2)
            try await proxy.close()
        }
    }

    @Test("The late reply to a cancelled command belongs to no other command")
    func cancelledSent() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let other = try connection(server.url)
            let sent = Task { await failure { try await redis.send("BLPOP", "q", 0) } }
            try await until { try await other.send("INFO", "clients").text?.contains("blocked_clients:1\r\n") == true }
            sent.cancel()
            #expect(await sent.value == .cancelled(mayHaveRun: true))
            async let next = redis.send("ECHO", "next")
            _ = try await other.send("RPUSH", "q", "nobody's")
            #expect(try await next.text == "next")
        }
    }

    @Test("A command that is cancelled before it is sent does not run")
    func cancelledWaiting() async throws {
        let redis = try connection("unix:///tmp/bgdemo-nobody.sock")
        let waiting = Task { await failure { try await redis.send("PING") } }
        waiting.cancel()
        #expect(await waiting.value == .cancelled(mayHaveRun: false))
    }

    @Test("A cancelled blocking command takes nothing")
    func cancelledBlocking() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let other = try connection(server.url)
            let blocked = Task { await failure { try await redis.blocking(["BLPOP", "q", 0], wait: .seconds(600)) } }
            try await until { try await other.send("INFO", "clients").text?.contains("blocked_clients:1\r\n") == true }
            blocked.cancel()
            #expect(await blocked.value == .cancelled(mayHaveRun: true))
            try await until { try await other.send("INFO", "clients").text?.contains("blocked_clients:0\r\n") == true }
            _ = try await other.send("RPUSH", "q", "job")
            #expect(try await retried { try await redis.send("LPOP", "q") }.text == "job")
        }
    }

    @Test("A Redis that is loading or busy with a script is temporarily away, and the error says why")
    func busy() async throws {
        let loading = try await ScriptedRedis.start { _, _ in ByteBuffer(string: "-LOADING Redis is loading\r\n") }
        let redis = try connection("redis://127.0.0.1:\(loading.port)") { $0.unavailableTimeout = .milliseconds(50) }
        try await until {
            let error = await failure { try await redis.send("PING") }
            return error?.reply?.kind == .loading && error?.isRetryable == true
        }
        try await loading.close()
    }

    @Test(
        "A server that is no Redis is reported without a crash or hang",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n", "\0\0\0\0", "$-7\r\n",
            String(repeating: "*1\r\n", count: 1000),
        ])
    func noRedis(answer: String) async throws {
        let greeted = try await ScriptedRedis.start { number, _ in
            ByteBuffer(string: number == 0 ? "+PONG\r\n" : answer)
        }
        let redis = try connection("redis://127.0.0.1:\(greeted.port)")
        let error = await failure { try await redis.send("GET", "x") }
        guard case .protocolViolation? = error else {
            Issue.record("not a protocol violation but \(String(describing: error))")
            return
        }
        try await greeted.close()

        let rude = try await ScriptedRedis.start { _, _ in ByteBuffer(string: answer) }
        let other = try connection("redis://127.0.0.1:\(rude.port)") { $0.unavailableTimeout = .milliseconds(50) }
        guard case .unavailable? = await failure({ try await other.send("GET", "x") }) else {
            Issue.record("not away")
            return
        }
        try await rude.close()
    }

    @Test(
        "A connection to a server that does not answer the connect is closed at once",
        arguments: ["redis://127.0.0.1:%", "redis+sentinel://127.0.0.1:%/mymaster", "redis+cluster://127.0.0.1:%"])
    func closedWhileConnecting(url: String) async throws {
        try await withFullListener { port in
            let redis = try connection(url.replacing("%", with: "\(port)")) {
                $0.connectTimeout = .seconds(40)
                $0.unavailableTimeout = .milliseconds(100)
            }
            guard case .unavailable? = await failure({ try await redis.send("PING") }) else {
                Issue.record("the server answers")
                return
            }
            let time = await ContinuousClock().measure { await redis.close() }
            #expect(time < .seconds(5))
        }
    }

    /// The kernel drops what would connect to this port, as a firewall does.
    private func withFullListener(_ body: (Int) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let client = ClientBootstrap(group: group).connectTimeout(.milliseconds(200))
        var waiting: [any Channel] = []
        while let channel = try? await client.connect(host: "127.0.0.1", port: port).get() { waiting.append(channel) }
        try await body(port)
        for channel in waiting + [listener] { try await channel.close() }
    }

    @Test("An unexpected reply ends the connection, not the program")
    func unasked() async throws {
        let redis = try await ScriptedRedis.start { number, _ in
            ByteBuffer(string: number == 0 ? "+PONG\r\n" : "+one\r\n+two\r\n")
        }
        let client = try connection("redis://127.0.0.1:\(redis.port)")
        for _ in 0..<3 { #expect(try await retried { try await client.send("GET", "x") }.text == "one") }
        try await redis.close()
    }
}

private func isFull(_ error: RedisError?) -> Bool {
    if case .queueFull? = error { true } else { false }
}
