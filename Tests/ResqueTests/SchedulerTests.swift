import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// Jobs that wait for their time, alone and beside the schedulers of others.
@Suite(.timeLimit(.minutes(1)))
struct SchedulerTests {
    private let job = Job("sendEmail", queue: "emailQueue")
    private let text = #"{"class":"sendEmail","queue":"emailQueue","args":[]}"#

    private func scheduler(_ resque: ResqueFixture) -> Scheduler {
        Scheduler(redis: resque.redis, logger: resque.logger)
    }

    private func step(_ resque: ResqueFixture) async throws -> (Bool, Int, Bool) {
        let step = try await scheduler(resque).step()
        return (step.isLeader, step.moved, step.isWhole)
    }

    @Test("A delayed job is kept under the keys of resque-scheduler, by its own bytes")
    func keys() async throws {
        try await withResque { resque in
            try await resque.queue.enqueueAt(1_795_447_222, job)
            #expect(try await resque.texts("LRANGE", "resque:delayed:1795447222", "0", "-1") == [text])
            #expect(
                try await resque.texts("SMEMBERS", "resque:timestamps:\(text)") == ["delayed:1795447222"])
            let schedule = try await resque.texts(
                "ZRANGE", "resque:delayed_queue_schedule", "0", "-1", "WITHSCORES")
            #expect(schedule == ["1795447222", "1795447222"])
            #expect(try await resque.queue.scheduled(job) == [1_795_447_222])
        }
    }

    @Test("A delay is never cut short")
    func delay() async throws {
        try await withResque { resque in
            for milliseconds in [0, 1, 999, 1001, 3000] {
                let before = try await Double(resque.texts("TIME")[0]) ?? 0
                try await resque.queue.enqueueIn(
                    .milliseconds(milliseconds), Job("\(milliseconds)", queue: "q"))
                let second = try #require(
                    try await resque.queue.scheduled(Job("\(milliseconds)", queue: "q")).first)
                #expect(Double(second) >= before + Double(milliseconds) / 1000)
                let after = try await Double(resque.texts("TIME")[0]) ?? 0
                #expect(Double(second) <= after + Double(milliseconds) / 1000 + 2)
            }
        }
    }

    @Test("What is due is moved once, with its bytes and in order; what is not due stays")
    func moves() async throws {
        try await withResque { resque in
            let ruby = #"{"class":"SendEmail","args":[[],{},12345678901234567890],"queue":"emailQueue"}"#
            for (second, job) in [("3", ruby), ("3", text), ("2", text), ("9999999999", text)] {
                _ = try await resque.redis.send("RPUSH", "resque:delayed:\(second)", job)
                _ = try await resque.redis.send("SADD", "resque:timestamps:\(job)", "delayed:\(second)")
                _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", second, second)
            }
            #expect(try await step(resque) == (true, 3, true))
            #expect(
                try await resque.texts("LRANGE", "resque:queue:emailQueue", "0", "-1") == [
                    text, ruby, text,
                ])
            #expect(try await resque.texts("SMEMBERS", "resque:queues") == ["emailQueue"])
            #expect(
                try await resque.keys() == [
                    "resque:delayed:9999999999", "resque:delayed_queue_schedule", "resque:queue:emailQueue",
                    "resque:queues", "resque:resque_scheduler_leader_lock", "resque:timestamps:\(text)",
                ])
            #expect(try await resque.queue.delayed().map(\.second) == [9_999_999_999])
        }
    }

    @Test(
        "A delayed job that names no queue goes to failed",
        arguments: [#"{"class":"a"}"#, "junk", #"{"queue":3}"#])
    func nowhere(job: String) async throws {
        try await withResque { resque in
            _ = try await resque.redis.send("RPUSH", "resque:delayed:1", job)
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "1", "1")
            _ = try await scheduler(resque).step()
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.job == Array(job.utf8))
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(failed.entry)) }
        }
    }

    @Test("A key of another type keeps no delayed job from its queue, and loses none")
    func otherTypes() async throws {
        try await withResque { resque in
            _ = try await resque.redis.send("SET", "resque:delayed:1", "no list")
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "1", "1")
            _ = try await resque.redis.send("SET", "resque:queue:text", "no list")
            _ = try await resque.redis.send("SET", "resque:timestamps:{\"queue\":\"text\"}", "no set")
            for job in [#"{"queue":"text"}"#, #"{"class":"a","queue":"q"}"#] {
                _ = try await resque.redis.send("RPUSH", "resque:delayed:2", job)
            }
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "2", "2")
            #expect(try await step(resque) == (true, 2, true))
            #expect(try await resque.texts("LRANGE", "resque:queue:q", "0", "-1") == [#"{"class":"a","queue":"q"}"#])
            let failed = try await resque.queue.failed().map { String(decoding: $0.job ?? [], as: UTF8.self) }
            #expect(failed == ["resque:delayed:1", #"{"queue":"text"}"#])
            #expect(try await resque.text("GET", "resque:queue:text") == "no list")
            #expect(try await resque.text("ZCARD", "resque:delayed_queue_schedule") == "0")
        }
    }

    @Test("A job that cannot be moved, where failed is no list, is delayed for another minute")
    func nothingTakesIt() async throws {
        try await withResque { resque in
            _ = try await resque.redis.send("SET", "resque:failed", "no list")
            for job in ["junk", text] { _ = try await resque.redis.send("RPUSH", "resque:delayed:2", job) }
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "2", "2")
            let now = try #require(try await Int(resque.texts("TIME")[0]))
            #expect(try await step(resque) == (true, 2, true))
            #expect(try await resque.texts("LRANGE", "resque:queue:emailQueue", "0", "-1") == [text])
            let second = try #require(try await resque.queue.delayed().first?.second)
            #expect((now + 60...now + 62).contains(second))
            #expect(try await resque.texts("LRANGE", "resque:delayed:\(second)", "0", "-1") == ["junk"])
        }
    }

    @Test("Seconds without jobs are removed some at a time, and keep no job from its queue")
    func emptySeconds() async throws {
        try await withResque { resque in
            let seconds = (1...2500).flatMap { ["\($0)", "\($0)"] }
            _ = try await resque.redis.send(RedisCommand(["ZADD", "resque:delayed_queue_schedule"] + seconds))
            try await resque.queue.enqueueAt(2400, job)
            #expect(try await step(resque) == (true, 0, false))
            #expect(try await resque.text("ZCARD", "resque:delayed_queue_schedule") == "1500")
            #expect(try await step(resque) == (true, 0, false))
            #expect(try await step(resque) == (true, 1, true))
            #expect(try await resque.text("ZCARD", "resque:delayed_queue_schedule") == "0")
        }
    }

    @Test("Only the leader moves, by node's lock; when it has left, another does")
    func leader() async throws {
        try await withResque { resque in
            try await resque.queue.enqueueAt(1, job)
            let lock = "resque:resque_scheduler_leader_lock"
            _ = try await resque.redis.send("SET", lock, "node:1", "EX", "180")
            #expect(try await step(resque) == (false, 0, true))
            _ = try await resque.redis.send("DEL", lock)
            #expect(try await step(resque) == (true, 1, true))
            #expect(try await resque.text("GET", lock) == WorkerID.process)
            let lifetime = try #require(try await resque.redis.send("TTL", lock).int)
            #expect((10...15).contains(lifetime))
        }
    }

    @Test("A scheduler moves by itself, and gives the lock back")
    func runs() async throws {
        try await withResque { resque in
            try await resque.queue.enqueueIn(.seconds(1), job)
            let task = Task { try await scheduler(resque).run() }
            try await resque.until { try await $0.queue.length(of: "emailQueue") == 1 }
            task.cancel()
            try await task.value
            #expect(try await resque.keys() == ["resque:queue:emailQueue", "resque:queues"])
        }
    }

    @Test("Many schedulers of two kinds that share no lock move each job once")
    func crowd() async throws {
        try await withResque { resque in
            for number in 0..<300 {
                try await resque.queue.enqueueAt(1 + number % 7, Job("\(number)", queue: "q"))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // As node does it, one job at a time in two steps.
                for _ in 0..<2 {
                    group.addTask {
                        while let second = try await resque.texts(
                            "ZRANGEBYSCORE", "resque:delayed_queue_schedule", "0", "100", "LIMIT", "0", "1"
                        ).first {
                            guard let job = try await resque.text("LPOP", "resque:delayed:\(second)") else {
                                _ = try await resque.redis.send("ZREM", "resque:delayed_queue_schedule", second)
                                continue
                            }
                            _ = try await resque.redis.send(
                                "SREM", "resque:timestamps:\(job)", "delayed:\(second)")
                            _ = try await resque.redis.send("RPUSH", "resque:queue:q", job)
                        }
                    }
                }
                for _ in 0..<2 {
                    group.addTask { while try await scheduler(resque).step(limit: 5).moved > 0 {} }
                }
                try await group.waitForAll()
            }
            let moved = try await resque.texts("LRANGE", "resque:queue:q", "0", "-1")
            #expect(moved.count == 300 && Set(moved).count == 300)
        }
    }

    @Test("A delayed job can be taken back, every time it is there")
    func dequeue() async throws {
        try await withResque { resque in
            for second in [5, 7, 7] { try await resque.queue.enqueueAt(second, job) }
            try await resque.queue.enqueueAt(7, Job("other", queue: "emailQueue"))
            #expect(try await resque.queue.dequeueDelayed(job) == [5, 7, 7])
            #expect(try await resque.queue.dequeueDelayed(job).isEmpty)
            #expect(try await resque.queue.delayed().map(\.second) == [7])
            #expect(try await resque.keys().count == 3)
        }
    }

    @Test("A leader's lock without an end is taken over when its time is past")
    func abandoned() async throws {
        try await withResque { resque in
            let leader = "resque:resque_scheduler_leader_lock"
            _ = try await resque.redis.send("SET", leader, "gone:1")
            let scheduler = Scheduler(
                redis: resque.redis, interval: .milliseconds(10), abandonedAfter: .milliseconds(300),
                logger: resque.logger)
            let began = ContinuousClock.now
            let run = Task { try await scheduler.run() }
            try await resque.until { try await $0.text("GET", leader) != "gone:1" }
            #expect(ContinuousClock.now - began >= .milliseconds(300))
            #expect(try await resque.redis.send("TTL", leader).int ?? -1 > 0)
            run.cancel()
            try await run.value
        }
    }

    @Test("A job that cannot be moved has the form that the library gives it, and its letters stand for themselves")
    func unreadable() async throws {
        try await withResque { resque in
            let plain = Array("letters, 0-9 [brackets] ^_~ stay".utf8)
            let bytes = Array(0...255) as [UInt8]
            for job in [plain, bytes] { _ = try await resque.redis.send("RPUSH", "resque:delayed:1", job) }
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "1", "1")
            _ = try await scheduler(resque).step()
            let payloads = try await resque.queue.failed().map { try #require(try JSONObject($0.entry)["payload"]) }
            #expect(payloads.count == 2 && Array(payloads[0].raw) == UnreadableJob.payload(plain))
            let arguments = try payloads.map { try JSONObject(Array($0.raw))["args"]?.elements.first?.text }
            let expected = try JSONObject(UnreadableJob.payload(bytes))["args"]?.elements.first?.text
            #expect(arguments[1] == expected)
        }
    }
}
