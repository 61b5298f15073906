import BgdemoTestSupport
import RedisClient
import Testing

@testable import Eventr

/// What a Redis replies is as foreign as what stands in it: nothing of it ends the process.
@Suite(.timeLimit(.minutes(1)))
struct ExtremeReplyTests {
    @Test("Extreme replies end no operation of the log with a trap", arguments: ExtremeRedis.replies)
    func replies(reply: RedisValue) async throws {
        let redis = ExtremeRedis(reply)
        let log = EventLog(redis: redis)
        _ = (try? await log.overview(), try? await log.newest(), try? await log.length(of: 1))
        _ = (try? await log.consumers(), try? await log.events(of: 1, 0..<10))
        _ = (try? await log.deadCount(of: "c"), try? await log.dead(of: "c", newest: 0..<10))
        _ = (try? await log.dead(of: "c"), try? await log.clearDead(of: "c"), try? await log.retryDead(of: "c"))
        _ = try? await log.events(of: 1, .max - 1 ..< .max)
        _ = try? await log.replay("c", from: .beginning)
        _ = try? await log.replay("c", from: .partition(.max))
        _ = try? await log.trim(olderThan: .seconds(1), force: true)
        var reader = try? await EventLogReader(log, from: .end, last: .max)
        _ = try? await reader?.read()
        _ = try? await Producer(name: "p", redis: redis).write(json: "{}")
        _ = try? await log.store.takeRetry(for: "c", lease: .seconds(1))
        _ = try? await log.store.take(from: 1, for: "c", token: "t", ConsumerOptions())
        for state in (try? await log.store.states(of: [1, 2], for: "c")) ?? [] { #expect(state.lag >= 0) }
    }
}
