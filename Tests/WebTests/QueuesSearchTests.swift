import BgdemoHTTPServer
import BgdemoTestSupport
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

/// The search words of the lists of the queues.
@Suite(.timeLimit(.minutes(2))) struct QueuesSearchTests {
    private func expect(
        _ web: RedisPages, _ path: String, _ search: String, _ shown: String..., without: String...
    ) async throws {
        let page = try await web.get("\(path)?q=\(PageFields.encode(search))").text
        #expect(page.contains("value=\"\(search.replacing("\"", with: "&quot;"))\" placeholder"), "\(path) \(search)")
        for text in shown { #expect(page.contains(">\(text)<"), "\(path) \(search): \(text)") }
        for text in without { #expect(!page.contains(">\(text)<"), "\(path) \(search): \(text)") }
    }

    @Test("The queues are found by their names, and the figures stay those of all")
    func overview() async throws {
        try await RedisPages.with { web in
            for number in 0..<210 { try await web.queue.enqueue("A", to: "queue\(1_000 + number)") }
            try await expect(web, "/queues", "queue:1209", "queue1209", without: "queue1000")
            try await expect(web, "/queues", "QUEUE:queue1001", "queue1001", without: "queue1000")
            try await expect(web, "/queues", "class:A", "No queue matches")
            #expect(try await web.get("/queues.json?q=queue:1209").text.contains(#""queued":200"#))
        }
    }

    @Test("The jobs of a queue are found by class, argument and time, with their places, a page at a time")
    func jobs() async throws {
        try await RedisPages.with { web in
            for number in 0..<120 { try await web.queue.enqueue("Even", "mail-\(number)!", to: "mails") }
            try await web.queue.enqueue("Odd", "bob", to: "mails")
            let old = "01arz3ndektsv4rrffq69g5fav"
            try await web.queue.enqueue(Job("Old", JobArguments(["id": old]), queue: "mails"))
            let path = "/queues/queue/mails"
            try await expect(web, path, "class:odd", "Odd", "120", without: "Even", "Old")
            try await expect(web, path, "arg:BOB", "Odd", without: "Even")
            try await expect(web, path, "before:2020-01-01", "Old", without: "Even", "Odd")
            try await expect(web, path, "arg:mail-7! class:even", "7", without: "8", "Odd")
            try await expect(web, path, "error:x", "No job matches")
            let last = try await web.get("\(path)?q=class:even&from=100").text
            #expect(last.contains("101–120 of 120") && last.contains("q=class%3Aeven&amp;from=50"))
        }
    }

    @Test("Of a long queue the first 1000 jobs are searched, which the page says")
    func long() async throws {
        try await RedisPages.with { web in
            let job = try Job("Many", JobArguments("x"), queue: "mails")
            try await web.queue.enqueue(job, count: 1_000)
            try await web.queue.enqueue("Beyond", to: "mails")
            let page = try await web.get("/queues/queue/mails?q=class:beyond").text
            #expect(page.contains("No job matches") && page.contains("The first 1\u{202f}000 are searched"))
            for second in 0..<70 {
                try await web.queue.enqueueAt(4_000_000_000 + second, Array(repeating: job, count: 50))
            }
            #expect(try await web.get("/queues/delayed?q=class:none").text.contains("jobs or so are searched"))
        }
    }

    @Test("Workers and what they work on are found")
    func workers() async throws {
        try await RedisPages.with { web in
            _ = try await web.redis.send("SADD", "resque:workers", "web1:1:mails", "web2:2:mails,slow", "web3:3:idle")
            try await web.work("web1:1:mails", Job("Send", JobArguments("bob"), queue: "mails"))
            try await web.work("web2:2:mails,slow", Job("Crawl", JobArguments("amy"), queue: "slow"))
            try await expect(web, "/queues/working", "worker:web1", "web1:1", without: "web2:2")
            try await expect(web, "/queues/working", "queue:slow", "Crawl", without: "Send")
            try await expect(web, "/queues/working", "arg:bob", "Send", without: "Crawl")
            try await expect(web, "/queues/working", "before:2026-11-28", "No job in work matches")
            try await expect(web, "/queues/working", "before:2026-11-29", "Send", "Crawl")
            try await expect(web, "/queues/workers", "idle", "web3:3", without: "web1:1")
            try await expect(web, "/queues/workers", "class:crawl", "web2:2", without: "web3:3")
        }
    }

    @Test("Delayed jobs, not only the first of a second, and schedules are found")
    func later() async throws {
        try await RedisPages.with { web in
            try await web.queue.enqueueAt(4_000_000_000, Job("First", queue: "mails"))
            try await web.queue.enqueueAt(4_000_000_000, Job("Second", JobArguments("bob"), queue: "slow"))
            try await web.queue.enqueueAt(4_100_000_000, Job("Third", queue: "mails"))
            try await expect(web, "/queues/delayed", "class:second", "Second", without: "First", "Third")
            try await expect(web, "/queues/delayed", "queue:slow arg:bob", "Second", without: "Third")
            try await expect(web, "/queues/delayed", "before:2097-01-01", "First", without: "Third")
            try await expect(web, "/queues/delayed", "worker:x", "No delayed job matches")
            try await web.queue.setSchedule("daily", cron: "0 9 * * *", Job("Report", queue: "low"))
            try await web.queue.setSchedule("hourly", cron: "0 * * * *", Job("Sweep", queue: "high"))
            try await expect(web, "/queues/schedules", "queue:low", "Report", without: "Sweep")
            try await expect(web, "/queues/schedules", "hourly", "Sweep", without: "Report")
        }
    }
}
