import BgdemoTestSupport
import Foundation
import RedisClient
import RedisTesting
import Resque
import ResqueTesting
import Testing

/// What Resque does, on a real Redis and on the one in memory.
@Suite(.timeLimit(.minutes(2)))
struct BehaviourTests {
    struct Mail: Codable, Sendable, Equatable { var to = "you@example.org", subject = "hello" }

    struct Refused: Error {}

    @Test("A job is enqueued, found by its name and arguments, and performed", arguments: Store.allCases)
    func enqueued(store: Store) async throws {
        try await store.run { store in
            let sent = Watched<[Mail]>([])
            var jobs = Jobs()
            jobs.register("sendEmail") { (job, mail: Mail) in sent.change { $0.append(mail) } }
            let queue = store.queue(jobs)
            try await queue.enqueue("sendEmail", Mail(), to: "emailQueue")
            #expect(try await queue.enqueued("sendEmail", Mail()))
            #expect(try await queue.enqueued("sendEmail", Mail(), to: "emailQueue"))
            #expect(try await !queue.enqueued("sendEmail", Mail(to: "other@example.org")))
            #expect(try await !queue.enqueued("sendEmail", Mail(), to: "otherQueue"))
            #expect(await store.drain(jobs) == ["success"])
            #expect(sent.value == [Mail()])
            #expect(try await queue.length(of: "emailQueue") == 0)
            #expect(try await queue.stats().processed == 1)
            #expect(try await queue.workers().isEmpty)
        }
    }

    @Test("A job that fails is retried after its delay, and goes to failed in the end", arguments: Store.allCases)
    func retried(store: Store) async throws {
        try await store.run { store in
            var jobs = Jobs()
            let attempts = Watched<[Int]>([])
            jobs.register("count", plugins: [Retry(attempts: 2, base: .milliseconds(10))]) { (job: Job) -> Void in
                attempts.change { $0.append(job.failures) }
                throw Refused()
            }
            let queue = store.queue(jobs)
            try await queue.enqueue(Job("count", queue: "counts"))
            #expect(await store.drain(jobs) == ["reEnqueue"])
            #expect(try await queue.enqueued("count"))
            #expect(try await queue.delayedCount() == 1)
            #expect(try await store.moveAfter(seconds: 2) == 1)
            #expect(await store.drain(jobs) == ["failure"])
            #expect(attempts.value == [0, 1])
            let failed = try #require(try await queue.failed().first)
            #expect(failed.exception == "Refused" && failed.queue == "counts")
            #expect(try await queue.retry(failed))
            #expect(try await queue.length(of: "counts") == 1)
            #expect(try await queue.failedCount() == 0)
        }
    }

    @Test("Queues have priorities, pause, and locks keep jobs out", arguments: Store.allCases)
    func queues(store: Store) async throws {
        try await store.run { store in
            var jobs = Jobs()
            let order = Watched<[String]>([])
            jobs.register("note", plugins: [QueueLock()]) { (job, text: String) in order.change { $0.append(text) } }
            let queue = store.queue(jobs)
            #expect(try await queue.enqueue("note", "b", to: "low"))
            #expect(try await !queue.enqueue("note", "b", to: "low"))
            #expect(try await queue.enqueue("note", "a", to: "high"))
            try await queue.pause(true)
            #expect(await store.drain(jobs) == [])
            try await queue.pause(false)
            #expect(await store.drain(jobs, ["high", "*"]) == ["success", "success"])
            #expect(order.value == ["a", "b"])
            #expect(try await queue.enqueue("note", "b", to: "low"))
        }
    }

    @Test(
        "Jobs that follow a job are pushed with its acknowledgement, and an unknown class fails",
        arguments: Store.allCases)
    func followUps(store: Store) async throws {
        try await store.run { store in
            var jobs = Jobs()
            jobs.register("order") { (job, number: Int) in
                FollowUps([try Job("invoice", JobArguments(number), queue: "invoices")])
            }
            let queue = store.queue(jobs)
            try await queue.enqueue("order", 7, to: "orders")
            #expect(await store.drain(jobs, ["orders"]) == ["success"])
            #expect(try await queue.enqueued("invoice", 7, to: "invoices"))
            #expect(await store.drain(jobs) == ["failure"])
            #expect(try await queue.failed().first?.exception == "UnknownClass")
        }
    }

    @Test("A delayed job is found, moved when it is due, and taken out", arguments: Store.allCases)
    func delayed(store: Store) async throws {
        try await store.run { store in
            let queue = store.queue()
            let job = try Job("later", JobArguments(1), queue: "q")
            try await queue.enqueueIn(.seconds(3600), job)
            #expect(try await queue.scheduled(job).count == 1)
            #expect(try await queue.enqueued("later", 1, to: "q"))
            #expect(try await queue.dequeueDelayed(job).count == 1)
            #expect(try await queue.delayedCount() == 0)
            try await queue.enqueueIn(.milliseconds(1), job)
            #expect(try await store.moveAfter(seconds: 2) == 1)
            #expect(try await queue.peek("q") == [job.bytes])
        }
    }

    @Test("Workers that reserve together get each job once", arguments: Store.allCases)
    func concurrency(store: Store) async throws {
        try await store.run { store in
            let done = Watched<[Int]>([])
            var jobs = Jobs()
            jobs.register("count") { (job, number: Int) in
                done.change { $0.append(number) }
                await Task.yield()
            }
            let queue = store.queue(jobs)
            try await queue.enqueue(
                (0..<300).map { try Job("count", JobArguments($0), queue: $0 % 3 == 0 ? "a" : "b") })
            let outcomes = await store.drain(jobs, ["a", "b"], concurrency: 8)
            #expect(outcomes == Array(repeating: "success", count: 300))
            #expect(done.value.sorted() == Array(0..<300))
            #expect(try await queue.stats().processed == 300)
            #expect(try await store.redis.send("EXISTS", "resque:swift:turns", "resque:swift:processes").int == 0)
        }
    }

    @Test("A job that cannot be pushed after another one fails that one, not its worker", arguments: Store.allCases)
    func unfitFollowUp(store: Store) async throws {
        try await store.run { store in
            _ = try await store.redis.send("SET", "resque:queue:invoices", "no list")
            var jobs = Jobs()
            jobs.register("order") { (job: Job) in FollowUps([Job("invoice", queue: "invoices")]) }
            let queue = store.queue(jobs)
            try await queue.enqueue(Job("order", queue: "orders"))
            #expect(await store.drain(jobs, ["orders"]).last == "failure")
            #expect(try await queue.failed().first?.exception == "WrongKeyType")
        }
    }

    @Test("A recurring job is kept, shown, and enqueued when it is due", arguments: Store.allCases)
    func recurring(store: Store) async throws {
        try await store.run { store in
            let queue = store.queue()
            try await queue.setSchedule("report", every: .seconds(1), Job("SendReport", queue: "low"))
            #expect(try await queue.schedules().map(\.name) == ["report"])
            // It counts from the first time that a scheduler sees it.
            try await store.enqueueRecurringJobs()
            #expect(try await queue.length(of: "low") == 0)
            try await store.wait(seconds: 2)
            try await store.enqueueRecurringJobs()
            #expect(try await queue.length(of: "low") == 1)
            #expect(try await queue.enqueued("SendReport", to: "low"))
            #expect(try await queue.schedules().first?.lastEnqueued != nil)
            #expect(try await queue.removeSchedule("report"))
            #expect(try await queue.schedules().isEmpty)
        }
    }

    @Test("Now, later and at a time, the same forms of jobs are enqueued, many in one call", arguments: Store.allCases)
    func forms(store: Store) async throws {
        try await store.run { store in
            let queue = store.queue()
            let jobs = try (0..<2500).map { try Job("n", JobArguments($0), queue: $0 % 2 == 0 ? "even" : "odd") }
            #expect(try await queue.enqueue(jobs) == 2500)
            #expect(try await queue.length(of: "even") == 1250)
            #expect(try await queue.peek("odd", 0..<2) == [jobs[1].bytes, jobs[3].bytes])
            #expect(try await queue.names() == ["even", "odd"])
            #expect(try await queue.enqueue([]) == 0)
            try await queue.enqueueIn(.seconds(60), Array(jobs.prefix(3)))
            try await queue.enqueueIn(.seconds(60), "late", 1, to: "q")
            try await queue.enqueueAt(4_102_444_800, Array(jobs.prefix(2)))
            try await queue.enqueueAt(4_102_444_800, "late", 2, to: "q")
            try await queue.enqueueAt(Date(timeIntervalSince1970: 4_102_444_799.5), "late", 3, to: "q")
            #expect(try await queue.delayedCount() == 8)
            #expect(try await queue.delayed().last?.second == 4_102_444_800)
            #expect(try await queue.delayed().last?.jobs.count == 4)
        }
    }

    @Test("A failed job prints as text and gives its job", arguments: Store.allCases)
    func failedText(store: Store) async throws {
        try await store.run { store in
            var jobs = Jobs()
            jobs.register("refuse") { (job, number: Int) -> Void in throw Refused() }
            let queue = store.queue(jobs)
            try await queue.enqueue("refuse", 7, to: "q")
            #expect(await store.drain(jobs) == ["failure"])
            let failed = try #require(try await queue.failed().first)
            #expect("\(failed)".hasSuffix(" UTC q refuse >> Refused: Refused()"))
            let job = try #require(failed.parsedJob)
            #expect(job.className == "refuse" && job.queue == "q")
            #expect(try job.arguments.decode(Int.self) == 7)
        }
    }

    @Test(
        "A queue's jobs are performed at its rate: those beyond wait a moment, or are delayed",
        arguments: Store.allCases)
    func rate(store: Store) async throws {
        try await store.run { store in
            var jobs = Jobs()
            jobs.register("quick", plugins: [RateLimit(20, per: .seconds(1), burst: 3)]) { job in }
            jobs.register("slow", plugins: [RateLimit(1, per: .seconds(60))]) { job in }
            let queue = store.queue(jobs)
            try await queue.enqueue((0..<7).map { _ in Job("quick", queue: "quick") })
            let began = ContinuousClock.now
            #expect(await store.drain(jobs, ["quick"]) == Array(repeating: "success", count: 7))
            // Three at once, and four more 50 ms apart.
            #expect(ContinuousClock.now - began >= .milliseconds(190))
            try await queue.enqueue((0..<2).map { _ in Job("slow", queue: "slow") })
            #expect(await store.drain(jobs, ["slow"]) == ["success", "reEnqueue"])
            #expect(try await queue.delayedCount() == 1)
        }
    }
}
