import BgdemoSMTPInbox
import BgdemoTestSupport
import Foundation
import Logging
import NIOPosix
import RedisClient
import Subprocess
import Testing

/// Workers that reserve many jobs in one step are killed between any two of their commands.
@Suite(.timeLimit(.minutes(8)))
struct ReserveCrashTests {
    private static let concurrency = 8
    private static let kills = 200

    private func worker(
        _ redis: String, _ inbox: Inbox, _ body: @escaping @Sendable (Program) async throws -> Void
    ) async throws {
        _ = try await withProgram([
            "serve", "--strategy", "resque", "--role", "worker", "--redis-url", redis, "--smtp-url", inbox.url,
            "--concurrency", "\(Self.concurrency)",
        ]) { try await body($0) }
    }

    private func job(_ number: Int) -> String {
        let id = "01m87eh8kn" + String(repeating: "0", count: 16 - "\(number)".count) + "\(number)"
        let mail = #"{"to":"you@example.org","subject":"s","text":"t","id":"\#(id)"}"#
        return #"{"class":"sendEmail","queue":"emailQueue","args":[\#(mail)]}"#
    }

    @Test("200 workers are killed, each at another of its commands: no job is lost or stuck, and few are done twice")
    func killed() async throws {
        try await withRedisServer { server in
            var settings = InboxSettings()
            settings.keep = 100_000
            let group = MultiThreadedEventLoopGroup.singleton
            let inbox = try await Inbox.start(settings: settings, group: group, logger: Logger(label: "inbox"))
            let redis = RedisConnection(try RedisURL(server.url), on: group.next(), logger: Logger(label: "redis"))
            var count = 0
            func push(_ more: Int) async throws {
                let jobs = (count..<(count + more)).map { job($0) }
                count += more
                _ = try await redis.send(RedisCommand(["RPUSH", "resque:queue:emailQueue"] + jobs))
            }
            try await push(100)
            for kill in 1...Self.kills {
                // The first commands register the workers.
                let number = 1 + kill * 7 % 60
                let ended = Watched(false)
                let proxy = try await CommandProxy.start(
                    to: server.socket, end: kill % 2 == 0 ? .before(number) : .after(number)
                ) { ended.change { $0 = true } }
                try await push(30)
                try await worker("redis://127.0.0.1:\(proxy.port)", inbox) { worker in
                    try await ended.wait { $0 }
                    try worker.signal(.kill)
                }
                try await proxy.close()
            }
            let (all, kills) = (count, Self.kills)
            try await worker(server.url, inbox) { worker in
                try await worker.isAlone(in: redis)
                while try await redis.send("EXISTS", "resque:queue:emailQueue", "resque:swift:turns").int != 0 {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let arrived = inbox.mails.newest().compactMap(\.messageID)
            let failed = try await redis.send("LLEN", "resque:failed").int ?? 0
            // A job with which three workers died is in `failed`.
            #expect(Set(arrived).count + failed >= all)
            #expect(failed <= kills / 10)
            #expect(arrived.count - Set(arrived).count <= kills * Self.concurrency)
            let stuck = try await redis.send("KEYS", "resque:worker:*").array ?? []
            #expect(stuck.isEmpty, "\(stuck)")
            #expect(try await redis.send("EXISTS", "resque:swift:turns", "resque:swift:processes").int == 0)
            print("\(all) jobs, \(arrived.count - Set(arrived).count) twice, \(failed) failed")
            await redis.close()
            await inbox.stop()
        }
    }
}
