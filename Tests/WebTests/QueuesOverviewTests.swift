import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoTestSupport
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

/// The first page of the queues.
@Suite(.timeLimit(.minutes(2))) struct QueuesOverviewTests {
    @Test("The overview says what waits, and why")
    func overview() async throws {
        try await RedisPages.with { web in
            #expect(try await web.get("/queues").text.contains("No queue is registered"))
            try await web.queue.enqueue("SendEmail", "a", to: "mails")
            try await web.queue.enqueue("SendEmail", "b", to: "mails")
            try await web.queue.enqueue("Slow", "c", to: "slow")
            _ = try await web.redis.send("SADD", "resque:workers", "host:1:mails,other")
            let page = try await web.get("/queues").text
            #expect(page.contains("a worker is about to take the next") && page.contains("nobody works this queue"))
            let json = try await web.get("/queues.json")
            #expect(json["content-type"] == "application/json" && json.text.contains(#""queued":3"#))
            #expect(json.text.contains(#""length":2"#) && !json.text.contains("form_token"))
            _ = try await web.post("/queues/pause", "paused=yes")
            #expect(try await web.queue.paused([]).all)
            #expect(try await web.get("/queues").text.contains("all workers are paused"))
            _ = try await web.post("/queues/pause", "paused=no")
            #expect(try await !web.queue.paused([]).all)
            _ = try await web.post("/queues/pause", "paused=yes&queue=slow")
            #expect(try await web.queue.paused(["slow", "mails"]).queues == ["slow"])
            #expect(try await web.get("/queues").text.contains("this queue is paused"))
        }
    }

    @Test("Why it waits")
    func health() {
        func why(_ length: Int, _ workers: Int, _ busy: Int, _ age: Double?, _ isPaused: Bool = false) -> String {
            QueueState(length: length, workers: workers, busy: busy, age: age, areAllPaused: isPaused).health.why
        }
        #expect(why(0, 1, 0, nil) == "nothing waits")
        #expect(why(5, 0, 0, nil) == "nobody works this queue")
        #expect(why(5, 2, 2, nil) == "all its 2 workers are busy")
        #expect(why(5, 1, 1, nil) == "its worker is busy")
        #expect(why(5, 2, 1, 60).hasPrefix("1 worker idle, yet"))
        #expect(why(5, 2, 1, 60, true) == "all workers are paused")
    }

    @Test(
        "Only workers that live and take the queue count",
        arguments: [
            ("mails,slow", "slow", true), ("*", "x", true), ("mail*", "mails", true), ("mails", "mail", false),
            ("*,!low", "low", false), ("*,!low*", "lower", false), ("*,!low", "high", true), ("*_high", "a_high", true),
        ])
    func worked(_ queues: String, _ name: String, _ isWorked: Bool) async throws {
        try await RedisPages.with { web in
            try await web.queue.enqueue(Job("SendEmail", queue: name))
            for (host, heartbeat) in [("away", "2020-01-01T00:00:00Z"), ("here", nil)] {
                let id = "\(host):1:\(queues)"
                _ = try await web.redis.send("SADD", "resque:workers", id)
                if let heartbeat {
                    _ = try await web.redis.send("HSET", "resque:workers:heartbeat", id, heartbeat)
                    #expect(try await web.get("/queues").text.contains("nobody works this queue"))
                }
            }
            #expect(try await web.get("/queues").text.contains("nobody works this queue") == !isWorked)
            let page = try await web.get("/queues/queue/\(name)").text
            #expect(page.contains("here:1") == isWorked && page.contains("silent") == isWorked)
        }
    }

    @Test("A queue that is named in a way that cannot be read is not all queues")
    func unreadableName() async throws {
        try await RedisPages.with { web in
            for name in ["%25FF", "%FF"] {
                let refused = try await web.post("/queues/pause", "paused=yes&queue=\(name)").status
                #expect(refused == 400, "\(name)")
            }
            let nameless = try await web.post("/queues/pause", "paused=yes&queue=").status
            let areAllPaused = try await web.queue.paused([]).all
            #expect(nameless == 303 && !areAllPaused)
        }
    }

    @Test("A queue whose name ends in .json has its page, and its JSON")
    func nameWithExtension() async throws {
        try await RedisPages.with { web in
            try await web.queue.enqueue(Job("One", queue: "report"))
            try await web.queue.enqueue(Job("Two", queue: "report.json"))
            let overview = try await web.get("/queues").text
            #expect(overview.contains("href=\"/queues/queue/report%2Ejson\""))
            #expect(try await web.get("/queues/queue/report%2Ejson").text.contains("Two"))
            #expect(try await web.get("/queues/queue/report.json").text.contains("One"))
            #expect(try await web.get("/queues/queue/report%2Ejson.json").text.hasPrefix("{"))
            #expect(try await web.get("/queues/redis/resque%3Aqueue%3Areport%2Ejson").text.contains("Two"))
        }
    }

    @Test("Why it waits: locked, delayed until, no leader")
    func waits() async throws {
        try await RedisPages.with { web in
            let job = try Job("SendEmail", JobArguments("a"), queue: "mails")
            try await web.queue.enqueue(job)
            _ = try await web.redis.send("SADD", "resque:workers", "host:1:mails,late")
            _ = try await web.redis.send("SET", #"resque:workerslock:SendEmail:mails:["a"]"#, "1 host:2:mails")
            #expect(try await web.get("/queues").text.contains("locked: an equal job is in work"))
            _ = try await web.redis.send("SADD", "resque:queues", "late")
            try await web.queue.enqueueAt(4_000_000_000, Job("Later", queue: "late"))
            let stays = try await web.get("/queues").text
            #expect(stays.contains("no scheduler leads: delayed jobs stay") && stays.contains("No scheduler runs"))
            _ = try await web.redis.send("SET", "resque:resque:resque_scheduler_master_lock", "host:9")
            let waits = try await web.get("/queues").text
            #expect(waits.contains("delayed until <time datetime=\"2096-10-02T07:06:40.000Z\""))
            #expect(!waits.contains("No scheduler"))
            try await web.queue.enqueueAt(1_000_000_000, Job("Overdue", queue: "late"))
            #expect(try await web.get("/queues").text.contains("1 delayed job is overdue"))
        }
    }

    @Test("Samples have a median, a 99th percentile and a line")
    func history() {
        let history = QueueHistory()
        let now = ContinuousClock.now
        for second in 0..<100 {
            history.add(processed: second * 10, failed: 0, at: now + .seconds(second))
            history.add(
                queued: second, waits: [("mails", Double(second + 1))], runs: [], at: now + .seconds(second))
        }
        #expect(history.waits(in: "mails") == .init(p50: 50, p99: 99) && history.runs == nil)
        #expect(history.perMinute?.processed == 600 && history.series.performed.count == 99)
        #expect(Sparkline([0, 1]).html("x").markup.contains("points=\"0.0,26.0 120.0,2.0\""))
        #expect(Sparkline([1]).html("x").markup.isEmpty)
    }
}
