import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// Recurring jobs, beside schedulers of Ruby.
@Suite(.timeLimit(.minutes(1)))
struct ScheduleTests {
    private let rubyLock = "resque:resque:resque_scheduler_master_lock"

    private func scheduler(
        _ resque: ResqueFixture, environment: String? = nil, abandonedAfter: Duration = .seconds(360)
    )
        -> Scheduler
    {
        Scheduler(
            redis: resque.redis, interval: .milliseconds(10), abandonedAfter: abandonedAfter, environment: environment,
            logger: resque.logger)
    }

    private func run(_ scheduler: Scheduler, _ body: () async throws -> Void) async throws {
        let task = Task { try await scheduler.run() }
        defer { task.cancel() }
        try await body()
        task.cancel()
        try await task.value
    }

    private func step(_ resque: ResqueFixture, _ scheduler: Scheduler) async throws {
        var reported = Set<ByteString>()
        _ = try await scheduler.enqueueRecurringJobs(&reported)
    }

    /// As if the schedule had been known, and its job enqueued, so long ago.
    private func age(_ resque: ResqueFixture, _ name: String, by seconds: Int) async throws {
        let text = try #require(try await resque.text("HGET", "resque:swift:schedules", name))
        let record = try #require(ScheduleRecord(text))
        let old = ScheduleRecord(
            digest: record.digest, since: record.since - seconds, last: max(0, record.last - seconds))
        _ = try await resque.redis.send("HSET", "resque:swift:schedules", name, old.text)
    }

    @Test("A recurring job of either hash is enqueued each time, as Ruby writes it")
    func fires() async throws {
        try await withResque { resque in
            _ = try await resque.redis.send(
                "HSET", "resque:persistent_schedules", "report",
                #"{"class":"SendReport","queue":"low","args":["all",{"a":1}],"cron":"* * * * * *"}"#)
            _ = try await resque.redis.send(
                "HSET", "resque:schedules", "Old", #"{"queue":"old","args":{"b":[]},"every":["1s",{"first_in":"1s"}]}"#)
            _ = try await resque.redis.send("SADD", "resque:schedules_changed", "report", "Old")
            try await run(scheduler(resque)) {
                try await resque.until { fixture in
                    let (low, old) = (
                        try await fixture.queue.length(of: "low"), try await fixture.queue.length(of: "old")
                    )
                    return low >= 2 && old >= 2
                }
            }
            #expect(
                try await resque.texts("LRANGE", "resque:queue:low", 0, 1)
                    == Array(repeating: #"{"class":"SendReport","args":["all",{"a":1}]}"#, count: 2))
            #expect(
                try await resque.texts("LRANGE", "resque:queue:old", 0, 0) == [#"{"class":"Old","args":[{"b":[]}]}"#])
            #expect(try await Set(resque.queue.names()) == ["low", "old"])
            let last = try #require(try await resque.text("HGET", "resque:delayed:last_enqueued_at", "report"))
            #expect(last.hasSuffix(" +0000") && last.count == 25)
        }
    }

    @Test("Several schedulers enqueue each time once, and what was missed does not pile up")
    func once() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", cron: "* * * * *", Job("A", queue: "q"))
            try await resque.queue.setSchedule("b", every: .seconds(60), Job("B", queue: "q"))
            let schedulers = (0..<4).map { _ in scheduler(resque) }
            try await step(resque, schedulers[0])
            #expect(try await resque.queue.length(of: "q") == 0)
            // An hour in which no scheduler ran.
            for name in ["a", "b"] { try await age(resque, name, by: 3600) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for scheduler in schedulers { group.addTask { for _ in 0..<5 { try await step(resque, scheduler) } } }
                try await group.waitForAll()
            }
            let jobs = try await resque.texts("LRANGE", "resque:queue:q", 0, -1)
            #expect(jobs.filter { $0.contains("A") }.count <= 2 && jobs.filter { $0.contains("B") }.count == 1)
        }
    }

    @Test("A time that is long past is left out")
    func late() async throws {
        try await withResque { resque in
            // The minute of half an hour ago.
            let past = Date.now.addingTimeInterval(-1800)
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = .gmt
            let parts = calendar.dateComponents([.hour, .minute], from: past)
            try await resque.queue.setSchedule(
                "a", cron: "\(parts.minute ?? 0) \(parts.hour ?? 0) * * * UTC", Job("A", queue: "q"))
            try await step(resque, scheduler(resque))
            try await age(resque, "a", by: 7200)
            try await step(resque, scheduler(resque))
            #expect(try await resque.queue.length(of: "q") == 0)
        }
    }

    @Test("While a scheduler of Ruby leads, it enqueues; what it enqueued is not enqueued again")
    func besideRuby() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "q"))
            try await step(resque, scheduler(resque))
            try await age(resque, "a", by: 90)
            _ = try await resque.redis.send("SET", rubyLock, "ruby:1", "EX", "180")
            try await step(resque, scheduler(resque))
            #expect(try await resque.queue.length(of: "q") == 0)
            // It has enqueued the job, and leaves.
            _ = try await resque.redis.send("HSET", "resque:delayed:last_enqueued_at", "a", Date.now.rubyTime)
            _ = try await resque.redis.send("DEL", rubyLock)
            try await step(resque, scheduler(resque))
            #expect(try await resque.queue.length(of: "q") == 0)
            // It has left without doing so.
            _ = try await resque.redis.send("DEL", "resque:delayed:last_enqueued_at")
            try await step(resque, scheduler(resque))
            #expect(try await resque.queue.length(of: "q") == 1)
        }
    }

    @Test("The lock of a Ruby scheduler without an end is removed when its time is past")
    func abandoned() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "q"))
            _ = try await resque.redis.send("SET", rubyLock, "gone:1")
            try await run(scheduler(resque, abandonedAfter: .milliseconds(300))) {
                try await resque.until { try await $0.text("GET", rubyLock) == nil }
            }
        }
    }

    @Test("A schedule for some environments of Rails holds in these alone")
    func environments() async throws {
        try await withResque { resque in
            _ = try await resque.redis.send(
                "HSET", "resque:persistent_schedules", "a",
                #"{"class":"A","queue":"q","every":"60s","rails_env":"staging, production"}"#)
            for (environment, count) in [(nil, 0), ("test", 0), ("production", 1)] as [(String?, Int)] {
                let scheduler = scheduler(resque, environment: environment)
                try await step(resque, scheduler)
                if environment == "production" {
                    try await age(resque, "a", by: 90)
                    try await step(resque, scheduler)
                }
                #expect(try await resque.queue.length(of: "q") == count)
            }
        }
    }

    @Test("A schedule that is changed counts from then, and one that is removed is forgotten")
    func changes() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "q"))
            try await step(resque, scheduler(resque))
            try await age(resque, "a", by: 90)
            try await resque.queue.setSchedule("a", every: .seconds(50), Job("A", queue: "q"))
            try await step(resque, scheduler(resque))
            #expect(try await resque.queue.length(of: "q") == 0)
            try await resque.queue.setSchedule("b", every: .seconds(50), Job("B", queue: "q"))
            #expect(try await resque.queue.removeSchedule("a"))
            #expect(try await !resque.queue.removeSchedule("a"))
            #expect(try await resque.texts("SMEMBERS", "resque:schedules_changed").sorted() == ["a", "b"])
            try await step(resque, scheduler(resque))
            #expect(try await resque.texts("HKEYS", "resque:swift:schedules") == ["b"])
        }
    }

    @Test("A schedule that cannot be followed is shown with its problem")
    func problems() async throws {
        try await withResque { resque in
            for (name, json) in [
                ("cron", #"{"class":"A","queue":"q","cron":"every day at five"}"#), ("json", "no"),
                ("none", #"{"class":"A","queue":"q"}"#), ("queue", #"{"class":"A","cron":"* * * * *"}"#),
            ] { _ = try await resque.redis.send("HSET", "resque:persistent_schedules", name, json) }
            let schedules = try await resque.queue.schedules()
            #expect(
                schedules.map(\.problem) == [
                    "its time is not understood", "it is not a JSON object", "it has no cron and no every",
                    "it names no queue",
                ])
            #expect(schedules.allSatisfy { $0.job == nil })
            try await step(resque, scheduler(resque))
            #expect(try await resque.queue.names().isEmpty)
        }
    }

    @Test("A recurring job that cannot be enqueued is left out, and keeps no other")
    func refused() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "bad"))
            try await resque.queue.setSchedule("b", every: .seconds(60), Job("B", queue: "q"))
            _ = try await resque.redis.send("SET", "resque:queue:bad", "no list")
            let scheduler = scheduler(resque)
            try await step(resque, scheduler)
            for name in ["a", "b"] { try await age(resque, name, by: 90) }
            var reported = Set<ByteString>()
            for _ in 1...2 { _ = try await scheduler.enqueueRecurringJobs(&reported) }
            #expect(reported.count == 1)
            #expect(try await resque.queue.length(of: "q") == 1)
            #expect(try await resque.queue.names() == ["q"])
            _ = try await resque.redis.send("DEL", "resque:queue:bad")
            _ = try await scheduler.enqueueRecurringJobs(&reported)
            #expect(try await resque.queue.length(of: "bad") == 1)
        }
    }

    @Test("A recurring job is not pushed again and again where another key has another type")
    func pushedOnce() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "q"))
            let scheduler = scheduler(resque)
            try await step(resque, scheduler)
            try await age(resque, "a", by: 90)
            _ = try await resque.redis.send("SET", "resque:queues", "no set")
            for _ in 1...3 { try await step(resque, scheduler) }
            #expect(try await resque.text("EXISTS", "resque:queue:q") == "0")
            _ = try await resque.redis.send("DEL", "resque:queues")
            for _ in 1...3 { try await step(resque, scheduler) }
            #expect(try await resque.queue.length(of: "q") == 1)
        }
    }

    @Test("What Redis refuses of a schedule is thrown, and what is kept of others stays")
    func refusals() async throws {
        try await withResque { resque in
            try await resque.queue.setSchedule("a", every: .seconds(60), Job("A", queue: "q"))
            let scheduler = scheduler(resque)
            try await step(resque, scheduler)
            _ = try await resque.redis.send("RENAME", "resque:persistent_schedules", "away")
            _ = try await resque.redis.send("SET", "resque:persistent_schedules", "no hash")
            await #expect(throws: ResqueError.self) {
                try await resque.queue.setSchedule("b", every: .seconds(60), Job("B", queue: "q"))
            }
            await #expect(throws: ResqueError.self) { try await resque.queue.removeSchedule("a") }
            await #expect(throws: ResqueError.self) { try await resque.queue.schedules() }
            await #expect(throws: ResqueError.self) { try await step(resque, scheduler) }
            #expect(try await resque.texts("HKEYS", "resque:swift:schedules") == ["a"])
        }
    }

    @Test("A duty of the scheduler that fails keeps no other from being done")
    func duties() async throws {
        try await withResque { resque in
            _ = try await resque.redis.send("SET", "resque:persistent_schedules", "no hash")
            var duties = Scheduler.Duties()
            await #expect(throws: ResqueError.self) {
                try await scheduler(resque).perform(&duties, isLeader: true)
            }
            #expect(duties.measured != nil && duties.cleaned != nil)
        }
    }
}
