import RedisClient
import BgdemoTestSupport
import Testing

@testable import Resque

/// What a job leads to is pushed with the word that it is done.
@Suite(.timeLimit(.minutes(1)))
struct FollowUpTests {
    private func jobs(_ began: Watched<Int>, _ go: Watched<Bool>) -> Jobs {
        var jobs = Jobs()
        jobs.register("first") { (job: Job) in
            began.change { $0 += 1 }
            try await go.wait { $0 }
            return FollowUps([Job("second", queue: "next"), Job("third", queue: "q")])
        }
        jobs.register("third") { _ in }
        return jobs
    }

    @Test("A batch is all in its queues before the next job is taken")
    func pushed() async throws {
        try await withResque { resque in
            try await resque.push(#"{"class":"first"}"#, to: "q")
            try await resque.withWorker(jobs(Watched(0), Watched(true)), queues: ["q"]) {
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "2" }
            }
            #expect(
                try await resque.texts("LRANGE", "resque:queue:next", 0, -1)
                    == [#"{"class":"second","queue":"next","args":[]}"#])
            #expect(try await resque.queue.names() == ["next", "q"])
        }
    }

    @Test("A stopping worker finishes its batch")
    func leaving() async throws {
        try await withResque { resque in
            let (began, go) = (Watched(0), Watched(false))
            try await resque.push(#"{"class":"first"}"#, to: "q")
            let worker = Worker(
                queues: ["q"], jobs: jobs(began, go), redis: resque.url, on: resque.redis.eventLoop,
                logger: resque.logger)
            let task = Task { try await worker.run() }
            try await began.wait { $0 == 1 }
            task.cancel()
            try await resque.until { _ in worker.processorGroup.phase == .draining }
            go.change { $0 = true }
            try await task.value
            #expect(try await resque.queue.length(of: "next") == 1)
            #expect(try await resque.queue.length(of: "q") == 1)
            #expect(try await resque.queue.workers().isEmpty)
        }
    }

    @Test("Where a queue has a key of another type, nothing is pushed, and the job is among the failed")
    func unfit() async throws {
        try await withResque { resque in
            try await resque.push(#"{"class":"first"}"#, to: "q")
            _ = try await resque.redis.send("SET", "resque:queue:next", "no list")
            try await resque.withWorker(jobs(Watched(0), Watched(true)), queues: ["q"]) {
                try await resque.until { try await $0.queue.failedCount() == 1 }
            }
            #expect(try await resque.queue.length(of: "q") == 0)
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.error == "resque:queue:next: a queue is a list, and this is a string")
            #expect(failed.job == Array(#"{"class":"first"}"#.utf8))
            #expect(try await resque.text("GET", "resque:queue:next") == "no list")
        }
    }
}
