import Logging
import Redis

/// How an idle worker learns of a new job within milliseconds, whoever has pushed it, and asks Redis for nothing
/// meanwhile.
///
/// Ruby and node only RPUSH, so somebody has to block on the list. A command that takes a job would have it in neither
/// place for a moment, but `BLMOVE queue queue LEFT LEFT` takes the first job and puts it back where it was, in one
/// step: it changes nothing, and it waits while there is none. It needs a connection for each queue; the queues beyond
/// ``limit``, all where Redis is older than 6.2, and a pause are looked at four times a second instead.
extension Crew {
    private static let limit = 16
    private static let glance = Duration.milliseconds(250)
    private static let wait = Duration.seconds(5)
    private static let pause = Duration.seconds(1)

    /// Rings the bell when there may be a job, until cancelled.
    func listen() async {
        while !Task.isCancelled {
            let names = counter.names
            await withTaskGroup { group in
                for name in names.prefix(Self.limit) { group.addTask { await self.listen(to: name) } }
                group.addTask { await self.glance(at: Array(names.dropFirst(Self.limit))) }
                while counter.names == names, !Task.isCancelled {
                    try? await Task.sleep(for: Self.glance)
                    try? await update()
                }
                group.cancelAll()
            }
        }
    }

    private func listen(to queue: String) async {
        let key = store.keys.queue(queue)
        // The connection for the commands says when Redis is away; this one is cut whenever a wait is cancelled.
        let connection = connect(Logger(label: "resque") { _ in SwiftLogNoOpLogHandler() })
        defer { connection.close() }
        var seen = 0
        while !Task.isCancelled {
            let sleeps = await bell.sleeper(after: seen)
            do {
                while try await isPaused() { try await Task.sleep(for: Self.pause) }
                let reply = try await connection.blocking(
                    ["BLMOVE", key, key, "LEFT", "LEFT", Int(Self.wait / .seconds(1))], wait: Self.wait)
                guard !reply.isNull else { continue }
                seen = sleeps
                bell.ring()
            } catch let error as RedisError where error.reply?.isRetryable == false {
                await glance(at: [queue])
            } catch {
                try? await Task.sleep(for: Self.glance)
            }
        }
    }

    /// Looks at queues, where there are any, now and then.
    private func glance(at queues: [String]) async {
        guard !queues.isEmpty else { return }
        let keys = queues.map(store.keys.queue)
        var seen = 0
        while !Task.isCancelled {
            let sleeps = await bell.sleeper(after: seen)
            if let count = try? await store.send(["EXISTS"] + keys).int, count > 0, (try? await isPaused()) == false {
                seen = sleeps
                bell.ring()
            } else {
                try? await Task.sleep(for: Self.glance)
            }
        }
    }

    private func isPaused() async throws -> Bool {
        try await store.send("GET", store.keys.pause).text.map { $0.lowercased().split(separator: " ") } == ["true"]
    }
}
