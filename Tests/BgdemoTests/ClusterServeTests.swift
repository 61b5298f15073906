import BgdemoSMTPInbox
import BgdemoTestSupport
import NIOPosix
import Subprocess
import Testing

@Suite("On a Redis Cluster", .serialized, .timeLimit(.minutes(3)))
struct ClusterServeTests {
    @Test(
        "six nodes carry the mails of a strategy while a slot moves and a master is killed",
        arguments: ["resque", "queuebus", "eventr", "pubsub"])
    func failover(strategy: String) async throws {
        try await withRedisClusterServers(replicas: 1, nodeTimeout: 1000) { servers in
            var settings = InboxSettings()
            settings.keep = 100_000
            let inbox = try await Inbox.start(
                settings: settings, group: MultiThreadedEventLoopGroup.singleton, logger: .silentInTests)
            let url = "redis+cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
            let masters = Array(servers.prefix(3))
            let key = strategy == "pubsub" ? "emailz" : strategy == "eventr" ? "eventr:partitions" : "{mail}"
            _ = try await withProgram(
                [
                    "serve", "--strategy", strategy, "--port", "0", "--redis-url", url, "--smtp-url", inbox.url,
                    "--retry-delay", "10ms",
                ]
            ) { program in
                let port = try await program.port()
                let accepted = Watched<[(subject: String, at: ContinuousClock.Instant)]>([])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var number = 0
                        while !Task.isCancelled {
                            number += 1
                            let answer = try await fetch("/you@example.org/mail\(number)/t", port: port)
                            guard answer.status == 200, !answer.text.contains("nobody was subscribed") else {
                                continue
                            }
                            accepted.change { [number] in $0.append(("mail\(number)", .now)) }
                        }
                    }
                    group.addTask {
                        try await accepted.wait { $0.count >= 50 }
                        try await moveSlot(of: key, among: masters)
                        let moved = accepted.value.count
                        try await accepted.wait { $0.count >= moved + 50 }
                        // What has just been written may not be on the replica yet, as with any Redis.
                        let owner = try await self.owner(of: key, among: masters)
                        // A slot that moves is followed; it is no outage, and no mistake in the URL.
                        #expect(
                            !program.lines.contains { $0.contains("name its nodes as") }, "\(program.lines.suffix(9))")
                        let killed = ContinuousClock.now
                        try await owner.end()
                        try await accepted.wait { $0.last.map { $0.at > killed + .seconds(1) } ?? false }
                        let isBack = try #require(accepted.value.first { $0.at > killed + .seconds(1) })
                        #expect(isBack.at - killed < .seconds(15))
                        let kept = accepted.value.filter {
                            !(killed - .milliseconds(500)...killed + .seconds(1)).contains($0.at)
                                || strategy != "pubsub" && $0.at > killed + .milliseconds(100)
                        }.map { $0.subject }
                        try await until {
                            let sent = Set(inbox.mails.newest().map(\.subject))
                            return strategy == "pubsub" ? sent.count > moved : kept.allSatisfy(sent.contains)
                        }
                    }
                    // One asks until the other is done.
                    try await group.next()
                    group.cancelAll()
                }
            }
            await inbox.stop()
        }
    }

    @Test("a namespace whose keys are in several slots is refused, with the way", arguments: ["resque", "queuebus"])
    func namespace(strategy: String) async throws {
        let (lines, status) = try await withProgram(
            [
                "serve", "--strategy", strategy, "--redis-url", "redis+cluster://127.0.0.1:1", "--namespace", "resque",
                "--port", "0",
            ]
        ) { program in
            try await program.end()
            return program.lines
        }
        #expect(status == .exited(64), "\(lines)")
        #expect(lines.contains { $0.contains("resque:{mail}") }, "\(lines)")
    }

    private func owner(of key: String, among masters: [RedisServer]) async throws -> RedisServer {
        for master in masters {
            if try await !redisCLI(["-p", "\(master.port)", "GET", key]).contains("MOVED") { return master }
        }
        throw RedisServer.Failure(description: "no master has the slot of \(key)")
    }

    private func until(_ isDue: () async throws -> Bool) async throws {
        while try await !isDue() { try await Task.sleep(for: .milliseconds(50)) }
    }
}
