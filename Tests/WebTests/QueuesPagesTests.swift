import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoTestSupport
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

/// The lists of the queues.
@Suite(.timeLimit(.minutes(2))) struct QueuesPagesTests {
    @Test("Jobs, workers and delayed jobs are listed a page at a time")
    func lists() async throws {
        try await RedisPages.with { web in
            for number in 0..<120 { try await web.queue.enqueue("SendEmail", "mail-\(number)!", to: "mails") }
            let first = try await web.get("/queues/queue/mails").text
            #expect(first.contains("mail-0!") && first.contains("mail-49!") && !first.contains("mail-50!"))
            #expect(first.contains("nobody works this queue"))
            _ = try await web.redis.send("SADD", "resque:workers", "other:7:mail*")
            let worked = try await web.get("/queues/queue/mails").text
            #expect(worked.contains("<bdi>other:7</bdi>") && worked.contains("idle"))
            _ = try await web.redis.send("SREM", "resque:workers", "other:7:mail*")
            let last = try await web.get("/queues/queue/mails?from=100").text
            #expect(last.contains("mail-119!") && !last.contains("mail-99!") && last.contains("101–120 of 120"))
            #expect(try await web.get("/queues/queue/mails?from=-1").status == 400)
            #expect(try await web.get("/queues/queue/none").text.contains("Nothing waits here"))
            try await web.queue.enqueueAt(4_000_000_000, Job("Later", queue: "mails"))
            let delayed = try await web.get("/queues/delayed").text
            #expect(delayed.contains("2096-10-02T07:06:40.000Z") && delayed.contains("Later"))
            #expect(delayed.contains("No scheduler runs"))
            _ = try await web.redis.send("SADD", "resque:workers", "host:1:mails")
            _ = try await web.redis.send(
                "SET", "resque:worker:host:1:mails",
                #"{"queue":"mails","run_at":"2026-11-28T15:20:13Z","payload":{"class":"SendEmail","args":[1]}}"#)
            let workers = try await web.get("/queues/workers").text
            #expect(
                workers.contains("working") && workers.contains("SendEmail")
                    && workers.contains("1 of 1 worker has a job"))
        }
    }

    @Test("Working now: the longest first, by Ruby's and node's times, with what each worker has done")
    func working() async throws {
        try await RedisPages.with { web in
            #expect(try await web.get("/queues/working").text.contains("No job is in work"))
            let records = [
                ("ruby:1:mails", "2026-11-28T15:20:13Z"),
                ("node:2:mails", "Sat Nov 28 2026 15:10:13 GMT+0000 (Coordinated Universal Time)"),
            ]
            for (worker, time) in records {
                _ = try await web.redis.send("SADD", "resque:workers", worker)
                _ = try await web.redis.send(
                    "SET", "resque:worker:\(worker)",
                    #"{"queue":"mails","run_at":"\#(time)","payload":{"class":"SendEmail","args":["\#(worker)"]}}"#)
            }
            _ = try await web.redis.send("SET", "resque:stat:processed:node:2:mails", "4711")
            _ = try await web.redis.send("HSET", "resque:swift:turns", "ruby:1:mails", "7 id,0,0")
            _ = try await web.redis.send("SET", "resque:swift:progress:ruby:1:mails", "7 0.42")
            _ = try await web.redis.send("SADD", "resque:workers", "idle:3:mails")
            let page = try await web.get("/queues/working").text
            #expect(page.contains("42 %"))
            #expect(page.contains("2 of 3 workers have a job") && !page.contains("idle:3"))
            let (node, ruby) = (page.ranges(of: "node:2").first, page.ranges(of: "ruby:1").first)
            #expect(try #require(node).lowerBound < #require(ruby).lowerBound)
            #expect(page.contains("2026-11-28T15:10:13.000Z") && !page.contains(">unknown<"))
            #expect(try await web.get("/queues/workers").text.contains("4\u{202f}711"))
            #expect(try await web.get("/queues/working.json").text.contains(#""working":2"#))
        }
    }

    @Test("The schedules of resque-scheduler: when each is next due, and why one never is")
    func schedules() async throws {
        try await RedisPages.with { web in
            #expect(try await web.get("/queues/schedules").text.contains("No job recurs"))
            try await web.queue.setSchedule("daily", cron: "0 9 * * *", Job("SendReport", queue: "low"))
            _ = try await web.redis.send("HSET", "resque:schedules", "bad", #"{"class":"Bad","every":"sometimes"}"#)
            let page = try await web.get("/queues/schedules").text
            #expect(page.contains("SendReport") && page.contains("0 9 * * *") && page.contains("09:00:00 UTC"))
            #expect(page.contains("never: its time is not understood") && page.contains("No scheduler leads"))
        }
    }

    @Test("An ActiveJob is shown as its job")
    func activeJob() {
        let bytes = Array(
            #"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","arguments":["x"]}]}"#
                .utf8)
        let job = JobSummary(bytes, queue: "low")
        #expect(job.className == "SendEmailJob" && job.arguments == #"["x"]"# && job.isActiveJob)
        #expect(JobSummary([0xff, 0x00], queue: "q").className == "not a job")
    }

    @Test("Forms of combining marks are answered in linear time")
    func linear() async throws {
        let text = PageFields.encode("a" + String(repeating: "\u{301}\u{323}", count: 60_000))
        try await RedisPages.with { web in
            let began = ContinuousClock.now
            for (target, form) in [
                ("/queues/pause", "queue=a&paused=\(text)"),
                ("/queues/failed/remove", "entry=\(text)&entry=\(text)b"),
                ("/events/dead/remove", "consumer=c&entry=\(text)&entry=\(text)b"),
                ("/events/replay", "consumer=c&start=\(text)"),
            ] {
                let answer = try await web.post(target, form)
                #expect(answer.status < 500)
            }
            // One of them took a minute when it was compared as characters.
            let time = ContinuousClock.now - began
            #expect(time < .seconds(30), "\(time)")
        }
    }

    @Test("Hostile texts are shown as texts")
    func hostile() async throws {
        try await RedisPages.with { web in
            try await web.fillHostile()
            for target in [
                "/queues", "/queues/working", "/queues/workers", "/queues/failed", "/queues/queue/%3Cscript%3E",
                "/queues/delayed", "/queues/schedules",
            ] {
                let page = try await web.get(target)
                #expect(page.status == 200)
                for markup in ["<script>document", "<img src=x", "</main></script>", "\u{202e}", "\u{0}"] {
                    #expect(!page.text.contains(markup), "\(target) \(markup)")
                }
                let json = try await web.get("\(target).json")
                #expect(json.status == 200 && !json.text.utf8.contains { $0 < 0x20 && $0 != 0x0a }, "\(target)")
            }
        }
    }
}
