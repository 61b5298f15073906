import BgdemoFoundations
import BgdemoTestSupport
import RedisClient
import Testing

@testable import Resque

/// What a Redis replies is as foreign as what stands in it: nothing of it ends the process.
@Suite(.timeLimit(.minutes(1)))
struct ExtremeReplyTests {
    @Test("Extreme replies end no operation of a queue with a trap", arguments: ExtremeRedis.replies)
    func replies(reply: RedisValue) async throws {
        let queue = Queue(redis: ExtremeRedis(reply))
        let job = try Job("SendEmail", JobArguments("a"), queue: "q")
        _ = (try? await queue.names(), try? await queue.length(of: "q"), try? await queue.peek("q", 0..<10))
        _ = (try? await queue.stats(), try? await queue.workers(), try? await queue.working())
        _ = (try? await queue.failedCount(), try? await queue.failed(), try? await queue.failed(digests: ["a"]))
        _ = (try? await queue.delayed(), try? await queue.delayedCount(), try? await queue.scheduled(job))
        _ = (try? await queue.delayed(from: 0, limit: 10), try? await queue.delayedSecondsCount())
        _ = (try? await queue.fronts(of: ["q", "r"]), try? await queue.counts(of: ["w", "v"]))
        _ = (try? await queue.scheduling(), try? await queue.overdueTime(), try? await queue.wait(in: "q"))
        for schedule in (try? await queue.schedules()) ?? [] { _ = (schedule.next, schedule.lastEnqueued) }
        _ = (try? await queue.enqueue(job), try? await queue.enqueue([job, job]), try? await queue.delete(job))
        _ = (try? await queue.dequeueDelayed(job), try? await queue.clearFailed(), try? await queue.paused(["q"]))
        _ = try? await RateLimit(1, per: .seconds(1)).beforePerform(job, from: queue, by: "w")
    }

    @Test(
        "Extreme times in what is kept of a recurring job end no process, and it goes on from now",
        arguments: [
            "0 9223372036854775807", "-9223372036854775808 0", "9223372036854775807 -9223372036854775808",
            "4611686018427387904 4611686018427387904",
        ])
    func schedules(times: String) async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "q"))
            try await resque.queue.setSchedule("b", cron: "* * * * *", Job("B", queue: "q"))
            for schedule in try await resque.queue.schedules() {
                _ = try await resque.redis.send(
                    "HSET", "resque:swift:schedules", schedule.name, "\(schedule.digest) \(times)")
            }
            for schedule in try await resque.queue.schedules() { #expect(schedule.next != nil) }
            let scheduler = Scheduler(redis: resque.redis, logger: resque.logger)
            var reported: Set<ByteString> = []
            _ = try await scheduler.enqueueRecurringJobs(&reported)
            let records = try await resque.texts("HVALS", "resque:swift:schedules")
            #expect(records.count == 2 && records.allSatisfy { ScheduleRecord($0) != nil })
        }
    }
}
