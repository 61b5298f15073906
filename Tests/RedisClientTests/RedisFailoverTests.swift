import BgdemoTestSupport
import NIOCore
import RedisClient
import Testing

@Suite("A connection to a server that is not the primary any more is made again", .timeLimit(.minutes(1)))
struct RedisFailoverTests {
    /// Two servers, and an address that leads to the first until it is redirected.
    private func withTwoServers(_ body: (RedisServer, RedisServer, FaultProxy) async throws -> Void) async throws {
        try await withRedisServer { old in
            try await withRedisServer { new in
                let proxy = try await FaultProxy.start(to: old.socket)
                try await body(old, new, proxy)
                try await proxy.close()
            }
        }
    }

    private func demote(_ server: RedisServer) async throws {
        // A primary that cannot be reached is enough to be a replica.
        _ = try await connection(server.url).send("REPLICAOF", "127.0.0.1", "1")
    }

    @Test("Commands that a demoted primary refuses run once on the new one, in order")
    func commands() async throws {
        try await withTwoServers { old, new, proxy in
            let redis = try connection("redis://127.0.0.1:\(proxy.port)")
            _ = try await redis.send("RPUSH", "list", "before")
            try await demote(old)
            proxy.redirect(to: new.socket)
            for number in 0..<10 { _ = try await redis.send("RPUSH", "list", number) }
            let list = try await connection(new.url).send("LRANGE", "list", 0, -1).array?.compactMap(\.int)
            #expect(list == Array(0..<10))
        }
    }

    @Test("A pipeline and a transaction of which nothing ran are repeated whole")
    func pipelines() async throws {
        try await withTwoServers { old, new, proxy in
            let pipelined = try connection("redis://127.0.0.1:\(proxy.port)")
            let transacted = try connection("redis://127.0.0.1:\(proxy.port)")
            _ = try await pipelined.send("PING")
            _ = try await transacted.send("PING")
            try await demote(old)
            proxy.redirect(to: new.socket)
            #expect(try await pipelined.pipeline([["INCR", "a"], ["INCR", "a"]]) == [.integer(1), .integer(2)])
            #expect(try await transacted.transaction([["INCR", "b"], ["INCR", "b"]]) == [.integer(1), .integer(2)])
        }
    }

    @Test("A script that a demoted primary refuses runs on the new one")
    func scripts() async throws {
        try await withTwoServers { old, new, proxy in
            let redis = try connection("redis://127.0.0.1:\(proxy.port)")
            let script = RedisScript("return redis.call('INCR', KEYS[1])")
            #expect(try await redis.run(script, keys: ["a"]).int == 1)
            try await demote(old)
            proxy.redirect(to: new.socket)
            #expect(try await redis.run(script, keys: ["a"]).int == 1)
        }
    }

    @Test("A blocking command continues to wait at the new primary")
    func blocking() async throws {
        try await withTwoServers { old, new, proxy in
            let redis = try connection("redis://127.0.0.1:\(proxy.port)")
            async let reply = redis.blocking(["BLMOVE", "q", "q", "LEFT", "LEFT", 10], wait: .seconds(10))
            let observer = try connection(old.url)
            try await until { try await observer.send("INFO", "clients").text?.contains("blocked_clients:1") == true }
            proxy.redirect(to: new.socket)
            try await demote(old)
            _ = try await connection(new.url).send("RPUSH", "q", "job")
            #expect(try await reply.text == "job")
        }
    }

    @Test(
        "Without a new primary the error says READONLY, after the time that commands wait, and few connections are made"
    )
    func noPrimary() async throws {
        try await withTwoServers { old, _, proxy in
            let redis = try connection("redis://127.0.0.1:\(proxy.port)") {
                $0.unavailableTimeout = .milliseconds(500)
                $0.reconnectBackoff = .milliseconds(100)...Duration.milliseconds(200)
            }
            _ = try await retried { try await redis.send("PING") }
            try await demote(old)
            let began = ContinuousClock.now
            let error = await failure { try await redis.send("RPUSH", "list", "x") }
            #expect(error?.reply?.kind == .readOnly)
            #expect(ContinuousClock.now - began > .milliseconds(300))
            #expect(proxy.connections < 20)
        }
    }

    @Test("With role checks, a publisher leaves a replica, though it takes PUBLISH")
    func publisher() async throws {
        try await withTwoServers { old, new, proxy in
            let redis = try connection("redis://127.0.0.1:\(proxy.port)") { $0.roleCheckInterval = .milliseconds(50) }
            _ = try await redis.send("PING")
            proxy.redirect(to: new.socket)
            try await demote(old)
            let observer = try connection(new.url)
            try await until {
                _ = try await retried { try await redis.send("PUBLISH", "a", "b") }
                let stats = try await observer.send("INFO", "commandstats").text ?? ""
                return stats.contains("cmdstat_publish")
            }
        }
    }

    @Test("A subscription notices that what is published goes elsewhere", arguments: [true, false])
    func subscriber(isDemoted: Bool) async throws {
        try await withTwoServers { old, new, proxy in
            var options = RedisOptions()
            options.roleCheckInterval = .milliseconds(100)
            options.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(20)
            let subscription = RedisSubscription(
                try RedisURL("redis://127.0.0.1:\(proxy.port)"), channels: ["a"], on: anyLoop, options: options,
                logger: silent)
            let events = subscription.makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            let first = try connection(old.url)
            #expect(try await first.send("PUBLISH", "a", "one").int == 1)
            #expect(await events.next() == .message(channel: "a", payload: Array("one".utf8)))
            proxy.redirect(to: new.socket)
            if isDemoted {
                try await demote(old)
            } else {
                // The connection that publishes breaks, and the one that listens does not.
                try await until {
                    let list = try await first.send("CLIENT", "LIST", "TYPE", "normal").text ?? ""
                    let publishers = list.split(separator: "\n").filter { $0.contains("cmd=publish") }
                    for line in publishers {
                        let id = line.split(separator: " ").first?.dropFirst(3) ?? ""
                        _ = try await first.send("CLIENT", "KILL", "ID", String(id), "SKIPME", "yes")
                    }
                    return !publishers.isEmpty
                }
            }
            guard case .lost? = await events.next() else {
                Issue.record("the subscription does not notice")
                return
            }
            #expect(await events.next() == .subscribed)
            #expect(try await connection(new.url).send("PUBLISH", "a", "two").int == 1)
            #expect(await events.next() == .message(channel: "a", payload: Array("two".utf8)))
        }
    }

    @Test("A user without the right to the heartbeat's channel still has the subscription")
    func rights() async throws {
        try await withRedisServer { server in
            let admin = try connection(server.url)
            _ = try await admin.send("ACL", "SETUSER", "u", "on", ">p", "+@pubsub", "+ping", "&a")
            var options = RedisOptions()
            options.roleCheckInterval = .milliseconds(20)
            let subscription = RedisSubscription(
                try RedisURL("unix://u:p@\(server.socket)"), channels: ["a"], on: anyLoop, options: options,
                logger: silent)
            let events = subscription.makeAsyncIterator()
            #expect(await events.next() == .subscribed)
            for number in 0..<20 {
                try await until { try await admin.send("PUBLISH", "a", number).int == 1 }
                #expect(await events.next() == .message(channel: "a", payload: Array("\(number)".utf8)))
            }
        }
    }
}
