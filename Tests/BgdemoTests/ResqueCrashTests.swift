import Foundation
import BgdemoSMTPInbox
import Logging
import NIOPosix
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

/// The strategy that loses nothing, on real processes that are killed.
@Suite(.timeLimit(.minutes(2)))
struct ResqueCrashTests {
    private static let concurrency = 8

    private func post(_ subject: String, port: Int) async throws -> String? {
        let answer = try await fetch("/you@example.org/\(subject)/text", port: port)
        guard answer.status == 200 else { return nil }
        return answer.text.split(separator: #""id":""#).last.map { String($0.prefix(26)) }
    }

    /// Returns when so many different mails have arrived.
    private func await(_ count: Int, in inbox: Inbox) async throws {
        while Set(inbox.mails.newest().compactMap(\.messageID)).count < count {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func worker(_ redis: String, _ inbox: Inbox, _ body: @escaping @Sendable (Program) async throws -> Void)
        async throws
    {
        _ = try await withProgram([
            "serve", "--strategy", "resque", "--role", "worker", "--redis-url", redis, "--smtp-url", inbox.url,
            "--concurrency", "\(Self.concurrency)", "--log-level", "debug",
        ]) { try await body($0) }
    }

    @Test("500 mails arrive while workers are killed five times, Redis twice, and connections are cut")
    func crashes() async throws {
        let count = 500
        try await withRedisServer(["--appendonly", "yes", "--appendfsync", "always"]) { server in
            var settings = InboxSettings()
            settings.delay = .fixed(.milliseconds(10))
            let group = MultiThreadedEventLoopGroup.singleton
            let inbox = try await Inbox.start(settings: settings, group: group, logger: Logger(label: "inbox"))
            let redis = RedisConnection(try RedisURL(server.url), on: group.next(), logger: Logger(label: "redis"))
            let proxy = try await FaultProxy.start(to: server.socket)
            let url = "redis://127.0.0.1:\(proxy.port)"
            let serve = ["serve", "--strategy", "resque", "--role", "server", "--port", "0", "--redis-url", server.url]
            var accepted: Set<String> = []
            let (ids, _) = try await withProgram(serve) { web in
                let port = try await web.port()
                return try await withThrowingTaskGroup(of: String?.self) { posts in
                    posts.addTask {
                        for kill in 1...5 {
                            try await worker(url, inbox) { worker in
                                try await self.await(kill * 60, in: inbox)
                                if kill == 2 || kill == 4 {
                                    try await server.end()
                                    try await server.start()
                                    try await self.await(kill * 60 + 20, in: inbox)
                                }
                                proxy.cut()
                                try await self.await(kill * 60 + 30, in: inbox)
                                try worker.signal(.kill)
                            }
                        }
                        try await worker(url, inbox) { worker in
                            try await self.await(count, in: inbox)
                            try await worker.isAlone(in: redis)
                        }
                        return nil
                    }
                    var ids: [String] = []
                    // While Redis is away, the client is told to come again.
                    while ids.count < count {
                        if let id = try await post("\(ids.count)", port: port) { ids.append(id) }
                    }
                    try await posts.waitForAll()
                    return ids
                }
            }
            accepted = Set(ids)
            let arrived = inbox.mails.newest().compactMap(\.messageID)
            #expect(accepted.count == count)
            #expect(accepted.allSatisfy { id in arrived.contains { $0.contains(id) } })
            // A post whose answer was lost with Redis may have been taken all the same.
            #expect(arrived.count - Set(arrived).count <= (5 + 5 + 2) * Self.concurrency)
            let stuck = try await redis.send("KEYS", "resque:worker:*").array ?? []
            #expect(stuck.isEmpty, "\(stuck)")
            #expect(try await redis.send("LLEN", "resque:failed").int == 0)
            #expect(try await redis.send("EXISTS", "resque:swift:turns").int == 0)
            await redis.close()
            try await proxy.close()
            await inbox.stop()
        }
    }

    @Test("A job that has killed three workers fails, and the one behind it does not wait for it")
    func poison() async throws {
        try await withRedisServer { server in
            let inbox = try await Inbox.start(
                settings: InboxSettings(), group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "inbox"))
            let redis = RedisConnection(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.next(),
                logger: Logger(label: "redis"))
            let poison = #"{"class":"slowSleepJob","queue":"slowQueue","args":[3600000]}"#
            _ = try await redis.send("RPUSH", "resque:queue:slowQueue", poison)
            for strike in 1...3 {
                try await worker(server.url, inbox) { worker in
                    _ = try await worker.line { $0.contains("job slowQueue slowSleepJob") }
                    #expect(try await redis.send("LLEN", "resque:failed").int == 0, "\(strike)")
                    try worker.signal(.kill)
                }
            }
            try await worker(server.url, inbox) { worker in
                while try await redis.send("LLEN", "resque:failed").int == 0 {}
                #expect(try await redis.send("LLEN", "resque:queue:slowQueue").int == 0)
                #expect(try await redis.send("LINDEX", "resque:failed", "0").text?.contains("3 workers died") == true)
            }
            await redis.close()
            await inbox.stop()
        }
    }
}
