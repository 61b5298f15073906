import Foundation
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Resque

@Suite(.timeLimit(.minutes(1)))
struct PluginTests {
    private struct Boom: Error {}

    @Test(
        "Retry puts a job among the delayed until its attempts are used up, then into failed",
        arguments: [
            (#"{"class":"boom", "queue":"emailQueue"}"#, #"{"class":"boom", "queue":"emailQueue"}"#),
            // Ruby's jobs name no queue, and a scheduler knows no other place to look for it.
            (#"{"class":"boom","args":[]}"#, #"{"class":"boom","args":[],"queue":"emailQueue"}"#),
            (#"{"class":"boom" }"#, #"{"class":"boom" ,"queue":"emailQueue"}"#),
            (#"{"class":"boom","queue":"another","args":[]}"#, #"{"class":"boom","queue":"emailQueue","args":[]}"#),
            (#"{"queue":null,"class":"boom"}"#, #"{"queue":"emailQueue","class":"boom"}"#),
        ])
    func retry(job: String, delayed: String) async throws {
        try await withResque { resque in
            let seen = Watched<[Job]>([])
            var jobs = Jobs()
            jobs.register("boom", plugins: [Retry(attempts: 3, base: .milliseconds(1))]) { job in
                seen.change { $0.append(job) }
                throw Boom()
            }
            try await resque.push(job)
            let scheduler = Scheduler(redis: resque.redis, interval: .milliseconds(20), logger: resque.logger)
            try await resque.withWorker(jobs) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await scheduler.run() }
                    try await resque.until { try await $0.queue.failedCount() == 1 }
                    group.cancelAll()
                }
            }
            #expect(seen.value.map(\.failures) == [0, 1, 2])
            #expect(Set(seen.value.map(\.identity)).count == 1)
            #expect(try await resque.queue.failed().first?.job == Array(delayed.utf8))
            #expect(try await resque.queue.stats() == (1, 3))
            #expect(
                try await resque.keys() == [
                    "resque:failed", "resque:queues", "resque:stat:failed", "resque:stat:processed",
                ])
        }
    }

    @Test("An outage puts a job off without counting as one of its attempts")
    func outage() async throws {
        struct Outage: Error {}
        try await withResque { resque in
            let seen = Watched<[Job]>([])
            var jobs = Jobs()
            let retry = Retry(attempts: 2, base: .milliseconds(1), when: { $0 is Boom }, isOutage: { $0 is Outage })
            jobs.register("boom", plugins: [retry]) { job in
                guard
                    seen.change({ seen in
                        seen.append(job); return seen.count
                    }) > 3
                else { throw Outage() }
                throw Boom()
            }
            try await resque.push(#"{"class":"boom","queue":"emailQueue"}"#)
            let scheduler = Scheduler(redis: resque.redis, interval: .milliseconds(20), logger: resque.logger)
            try await resque.withWorker(jobs) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await scheduler.run() }
                    try await resque.until { try await $0.queue.failedCount() == 1 }
                    group.cancelAll()
                }
            }
            #expect(seen.value.map(\.failures) == [0, 0, 0, 0, 1])
            #expect(seen.value.map(\.outages) == [0, 1, 2, 3, 0])
            #expect(Set(seen.value.map(\.identity)).count == 1)
            #expect(try await resque.queue.stats() == (1, 2))
        }
    }

    @Test("Retry does not try again what can't do better: no job of the kind, wrong arguments, an error that says so")
    func retryNot() async throws {
        try await withResque { resque in
            var jobs = Jobs()
            jobs.register("boom", plugins: [Retry(when: { !($0 is Boom) })]) { (_, _: Int) in throw Boom() }
            try await resque.push(#"{"class":"boom","args":[]}"#, #"{"class":"boom","args":[1]}"#, #"{"class":"no"}"#)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.failedCount() == 3 } }
            #expect(try await resque.queue.delayed().isEmpty)
        }
    }

    @Test("The waits of Retry double up to the cap, between half and whole")
    func backoff() throws {
        let retry = Retry(attempts: 1000, base: .seconds(1), cap: .seconds(10))
        for (failures, whole) in [(1, 1.0), (2, 2), (3, 4), (4, 8), (5, 10), (500, 10)] {
            let delay = try #require(retry.delay(afterFailures: failures)) / .seconds(1)
            #expect((whole / 2...whole).contains(delay))
        }
    }

    @Test("JobLock performs one of equal jobs at a time, and puts the other off")
    func jobLock() async throws {
        try await withResque { resque in
            let inside = Watched(0)
            let go = Watched(false)
            var jobs = Jobs()
            jobs.register("alone", plugins: [JobLock(reEnqueueAfter: .seconds(2))]) { (_, _: Int) in
                inside.change { $0 += 1 }
                try await go.wait { $0 }
            }
            let job = #"{"class":"alone","queue":"q","args":[ 1 ]}"#
            try await resque.push(job, job, #"{"class":"alone","queue":"q","args":[2]}"#, to: "q")
            var options = WorkerOptions()
            options.concurrency = 3
            try await resque.withWorker(jobs, queues: ["q"], options: options) {
                try await inside.wait { $0 == 2 }
                try await resque.until { try await !$0.queue.delayed().isEmpty }
                let lock = try #require(try await resque.text("GET", "resque:workerslock:alone:q:[1]"))
                #expect(lock.prefixMatch(of: #/[0-9]{10} /#) != nil)
                go.change { $0 = true }
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "2" }
            }
            #expect(try await resque.texts("KEYS", "resque:*lock*").isEmpty)
            #expect(try await resque.queue.delayed().first?.jobs == [Array(job.utf8)])
        }
    }

    @Test("A lock of node's holds ours off too")
    func foreignLock() async throws {
        try await withResque { resque in
            let skipped = Watched(false)
            var jobs = Jobs()
            jobs.register("alone", plugins: [JobLock(reEnqueueAfter: nil)]) { _ in skipped.change { $0 = false } }
            jobs.register("next") { _ in skipped.change { $0 = true } }
            _ = try await resque.redis.send("SET", "resque:workerslock:alone:q:[]", "1795447222")
            try await resque.push(#"{"class":"alone","args":[]}"#, #"{"class":"next"}"#, to: "q")
            try await resque.withWorker(jobs, queues: ["q"]) { try await skipped.wait { $0 } }
            #expect(try await resque.text("GET", "resque:workerslock:alone:q:[]") == "1795447222")
            #expect(try await resque.queue.stats() == (1, 0))
        }
    }

    @Test("QueueLock keeps an equal job out while one waits, and lets it in when that is performed")
    func queueLock() async throws {
        try await withResque { resque in
            let performed = Watched(0)
            var jobs = Jobs()
            jobs.register("once", plugins: [QueueLock()]) { (_, _: Int) in performed.change { $0 += 1 } }
            let queue = Queue(redis: resque.redis, jobs: jobs)
            #expect(try await queue.enqueue("once", 1, to: "q"))
            #expect(try await !queue.enqueue("once", 1, to: "q"))
            #expect(try await queue.enqueue("once", 2, to: "q"))
            #expect(try await queue.length(of: "q") == 2)
            let until = try #require(try await resque.text("GET", "resque:lock:once:q:[1]").flatMap { Double($0) })
            #expect(abs(until - Date.now.timeIntervalSince1970 - 3601) < 5)
            try await resque.withWorker(jobs, queues: ["q"]) { try await performed.wait { $0 == 2 } }
            #expect(try await queue.enqueue("once", 1, to: "q"))
        }
    }

    @Test("DelayQueueLock keeps a job out while an equal one is delayed")
    func delayQueueLock() async throws {
        try await withResque { resque in
            var jobs = Jobs()
            jobs.register("later", plugins: [DelayQueueLock()]) { _ in }
            let queue = Queue(redis: resque.redis, jobs: jobs)
            let job = Job("later", queue: "q")
            try await queue.enqueueIn(.seconds(100), job)
            #expect(try await !queue.enqueue(job))
            try await queue.dequeueDelayed(job)
            #expect(try await queue.enqueue(job))
        }
    }

    @Test("Hooks are asked before and after, and may change what becomes of a job")
    func hooks() async throws {
        struct Spy: Plugin {
            let told: Watched<[String]>

            func beforeEnqueue(_ job: Job, to queue: Queue) async throws -> Bool {
                told.change { $0.append("beforeEnqueue") }
                return true
            }

            func afterEnqueue(_ job: Job, to queue: Queue) async throws {
                told.change { $0.append("afterEnqueue") }
            }

            func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision {
                told.change { $0.append("beforePerform") }
                return .perform
            }

            func afterPerform(
                _ job: Job, _ result: PerformResult, from queue: Queue, by worker: String
            ) async throws -> PerformResult {
                if case .failure = result { told.change { $0.append("afterPerform failure") } }
                return .success
            }
        }
        try await withResque { resque in
            let told = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("boom", plugins: [Spy(told: told)]) { _ in throw Boom() }
            try await Queue(redis: resque.redis, jobs: jobs).enqueue(Job("boom", queue: "q"))
            try await resque.withWorker(jobs, queues: ["q"]) {
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "1" }
            }
            #expect(told.value == ["beforeEnqueue", "afterEnqueue", "beforePerform", "afterPerform failure"])
            #expect(try await resque.queue.failedCount() == 0)
        }
    }
}
