import NIOCore
import NIOPosix
import RedisClient
import BgdemoTestSupport
import Subprocess
import Testing

@Suite("Subscriptions", .timeLimit(.minutes(1)))
struct RedisSubscriptionTests {
    private func subscription(
        _ url: String, _ channels: [String], bound: Int = 1024, pulse: Duration = .seconds(5)
    ) throws -> RedisSubscription {
        var options = RedisOptions()
        options.commandTimeout = pulse
        options.connectTimeout = pulse
        options.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(20)
        return RedisSubscription(
            try RedisURL(url), channels: channels, on: anyLoop, options: options, bound: bound, logger: silent)
    }

    @Test("Published messages are received in order, byte for byte")
    func messages() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let events = try subscription(server.url, ["a", "b"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            #expect(try await redis.send("PUBLISH", "a", [0, 0x0d, 0x0a, 0xff] as [UInt8]).int == 1)
            #expect(try await redis.send("PUBLISH", "b", "").int == 1)
            #expect(try await redis.send("PUBLISH", "c", "").int == 0)
            #expect(await events.next() == .message(channel: "a", payload: [0, 0x0d, 0x0a, 0xff]))
            #expect(await events.next() == .message(channel: "b", payload: []))
        }
    }

    @Test("After a break it subscribes again and reports a possible gap")
    func broken() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server.socket)
            let redis = try connection(server.url)
            let events = try subscription("redis://127.0.0.1:\(proxy.port)", ["a"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            proxy.cut()
            guard case .lost? = await events.next() else {
                Issue.record("the break was not told")
                return
            }
            #expect(await events.next() == .subscribed)
            _ = try await redis.send("PUBLISH", "a", "again")
            #expect(await events.next() == .message(channel: "a", payload: Array("again".utf8)))
            try await proxy.close()
        }
    }

    @Test("A silent connection is pinged and closed if no reply comes")
    func silence() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server.socket)
            let events = try subscription("redis://127.0.0.1:\(proxy.port)", ["a"], pulse: .milliseconds(300))
                .makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            try await proxy.set(.droppingReplies)
            #expect(await events.next() == .lost(.timedOut(command: "PING", after: .milliseconds(300))))
            try await proxy.set(.normal)
            #expect(await events.next() == .subscribed)
            try await proxy.close()
        }
    }

    @Test("A slow reader bounds what is read and loses nothing")
    func slow() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url) { $0.pendingCommandLimit = 1_000_000 }
            let events = try subscription(server.url, ["a"], bound: 10).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            let payload = String(repeating: "x", count: 1000)
            for _ in 0..<5 {
                let heard = try await redis.pipeline((0..<1000).map { ["PUBLISH", "a", "\($0) \(payload)"] })
                #expect(heard.allSatisfy { $0.int == 1 })
            }
            // Redis holds back what the reader has not taken: more than the sockets' own buffers.
            let held = try await redis.send("CLIENT", "LIST", "TYPE", "pubsub").text ?? ""
            #expect(!held.contains(" omem=0 "))
            for number in 0..<5000 {
                #expect(
                    await events.next() == .message(channel: "a", payload: Array("\(number % 1000) \(payload)".utf8)))
            }
        }
    }

    @Test("A slow reader bounds the bytes that are read, however few the messages are, and loses nothing")
    func slowLarge() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url) { $0.pendingByteLimit = 1 << 30 }
            let events = try subscription(server.url, ["a"]).makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            let payload = [UInt8](repeating: 0x78, count: 1 << 20)
            for _ in 0..<30 { #expect(try await redis.send("PUBLISH", "a", payload).int == 1) }
            // 16 MiB wait for the reader, and some in the sockets. Redis would close the connection past 32.
            let held = try await redis.send("CLIENT", "LIST", "TYPE", "pubsub").text ?? ""
            #expect(!held.contains(" omem=0 "))
            for _ in 0..<30 { #expect(await events.next() == .message(channel: "a", payload: payload)) }
        }
    }

    @Test("Ending the task or the iteration closes the connection")
    func ended() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let url = server.url
            let reader = Task {
                for await event in try subscription(url, ["a"]) where event != .subscribed { return }
            }
            try await until { try await redis.send("PUBSUB", "NUMSUB", "a").array?.last?.int == 1 }
            reader.cancel()
            try await until { try await redis.send("PUBSUB", "NUMSUB", "a").array?.last?.int == 0 }
            for await event in try subscription(server.url, ["a"]) where event == .subscribed { break }
            try await until { try await redis.send("PUBSUB", "NUMSUB", "a").array?.last?.int == 0 }
        }
    }

    @Test("An orderly end does not wait for a Redis that is silent")
    func silentEnd() async throws {
        try await withRedisServer { server in
            let subscription = try subscription(server.url, ["a"])
            let events = subscription.makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            try server.signal(.suspend)
            let start = ContinuousClock.now
            subscription.end()
            #expect(await events.next() == nil)
            // It takes half a second; a loaded machine may take a moment more.
            #expect(ContinuousClock.now - start < .seconds(2))
            try server.signal(.resume)
        }
    }

    @Test("After an orderly end everything published before is received")
    func drained() async throws {
        try await withRedisServer { server in
            let redis = try connection(server.url)
            let subscription = try subscription(server.url, ["a", "b"], bound: 10)
            let events = subscription.makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            let payload = String(repeating: "x", count: 1000)
            _ = try await redis.pipeline((0..<5000).map { ["PUBLISH", "a", "\($0) \(payload)"] })
            subscription.end()
            for number in 0..<5000 {
                #expect(await events.next() == .message(channel: "a", payload: Array("\(number) \(payload)".utf8)))
            }
            #expect(await events.next() == nil)
            try await until { try await redis.send("PUBSUB", "NUMSUB", "a").array?.last?.int == 0 }
        }
    }
}
