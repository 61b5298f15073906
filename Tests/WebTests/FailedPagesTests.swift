import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoTestSupport
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

/// The failed jobs.
@Suite(.timeLimit(.minutes(2))) struct FailedPagesTests {
    @Test("Failed jobs are grouped, found, retried and removed by their bytes")
    func failed() async throws {
        try await RedisPages.with { web in
            for number in 0..<3 { try await web.fail("SendEmail", "mail-\(number)") }
            try await web.fail("Other", "x", exception: "Timeout::Error")
            let page = try await web.get("/queues/failed").text
            #expect(page.contains("4 failed jobs") && page.contains("Timeout::Error"))
            #expect(page.ranges(of: "name=\"entry\"").count == 4)
            let found = try await web.get("/queues/failed?q=class:sendemail%20arg:mail-1").text
            #expect(found.ranges(of: "name=\"entry\"").count == 1)
            let failed = try await web.queue.failed()
            #expect(try await web.post("/queues/failed/retry", "entry=\(failed[1].digest)").status == 303)
            #expect(try await web.queue.failedCount() == 3)
            #expect(try await web.queue.peek("mails") == [Array(#"{"class":"SendEmail","args":["mail-1"]}"#.utf8)])
            let again = try await web.post("/queues/failed/retry", "entry=\(failed[1].digest)")
            #expect(again.status == 409 && again.text.contains("somebody was faster"))
            #expect(try await web.post("/queues/failed/remove", "entry=\(failed[3].digest)").status == 303)
            #expect(try await web.queue.failed().map(\.entry) == [failed[0].entry, failed[2].entry])
            #expect(try await web.post("/queues/failed/remove", "").status == 400)
        }
    }

    @Test("A group and a selection are retried and removed, and who was faster is said")
    func groups() async throws {
        try await RedisPages.with { web in
            for number in 0..<4 { try await web.fail("SendEmail", "mail-\(number)") }
            try await web.fail("Other", "x", exception: "Timeout::Error")
            let json = try await web.get("/queues/failed.json").text
            let group = try #require(json.firstMatch(of: #/"entries":"([0-9a-f]{10}(?: [0-9a-f]{10}){3})"/#)).1
            let failed = try await web.queue.failed()
            try await web.queue.remove(failed[0])
            // One that came after the page was made is not of the form.
            try await web.fail("SendEmail", "later")
            let done = try await web.post("/queues/failed/retry", "entries=\(group.replacing(" ", with: "+"))")
            #expect(done.status == 303)
            let page = try await web.get(try #require(done["location"])).text
            #expect(page.contains("3 jobs were retried; somebody was faster with 1."))
            #expect(try await web.queue.length(of: "mails") == 3)
            #expect(try await web.queue.failedCount() == 2)
            let gone = try await web.post("/queues/failed/remove", "entries=\(group.replacing(" ", with: "+"))")
            #expect(gone.status == 409)
            let rest = try await web.queue.failed().map { "entry=\($0.digest)" }.joined(separator: "&")
            #expect(try await web.post("/queues/failed/remove", rest).status == 303)
            #expect(try await web.queue.failedCount() == 0)
            _ = try await web.redis.send("RPUSH", "resque:failed", "no JSON")
            let digest = try await web.queue.failed()[0].digest
            let refused = try await web.post("/queues/failed/retry", "entry=\(digest)")
            #expect(refused.status == 400 && refused.text.contains("can only be removed"))
        }
    }

    @Test("Of entries of the same bytes as many are removed as are named")
    func sameBytes() async throws {
        try await RedisPages.with { web in
            for _ in 0..<3 { try await web.fail("SendEmail", "same") }
            let digest = try await web.queue.failed()[0].digest
            #expect(try await web.post("/queues/failed/remove", "entry=\(digest)").status == 303)
            #expect(try await web.queue.failedCount() == 2)
            let group = try #require(
                try await web.get("/queues/failed.json").text.firstMatch(of: #/"entries":"([^"]*)"/#)
            ).1
            #expect(group == "\(digest) \(digest)")
            #expect(try await web.post("/queues/failed/retry", "entries=\(digest)+\(digest)").status == 303)
            #expect(try await web.queue.failedCount() == 0)
            #expect(try await web.queue.length(of: "mails") == 2)
        }
    }

    @Test("A group's link finds the group and nothing else")
    func groupLink() async throws {
        try await RedisPages.with { web in
            try await web.fail("SendEmail", "1", exception: "Net::ReadTimeout")
            try await web.fail("SendEmailLater", "2", exception: "Net::ReadTimeoutError")
            try await web.fail("sendemail", "3", exception: "Net::ReadTimeout")
            try await web.fail(#"Quo\"te \\ two"#, "4", exception: #"Err\"or \"x\""#)
            let json = try await web.get("/queues/failed.json").text
            let links = json.matches(of: #/"query":"([^"]*)"/#).map(\.1)
            #expect(links.count == 4)
            for link in links {
                let found = try await web.get("/queues/failed?q=\(link)").text
                #expect(found.ranges(of: "name=\"entry\"").count == 1, "\(link)")
            }
        }
    }

    @Test(
        "Where a word of a search is not understood nothing is found, and it is said",
        arguments: [
            "before:yesterday", "before:30.11.2020", "before:2026-13-01", "before:2026-1-1", "before:", "before:2026-",
            "error:%22%22", "is:new", "class:", "a+b+c+d+e+f+g+h+i", String(repeating: "x", count: 401),
        ])
    func misunderstood(_ words: String) async throws {
        try await RedisPages.with { web in
            try await web.fail("SendEmail", "1")
            let page = try await web.get("/queues/failed?q=\(words)").text
            #expect(page.contains("Nothing is found, since the search is not understood: "))
            #expect(!page.contains("name=\"entry\"") && !page.contains("Remove 1 job"))
        }
    }

    @Test(
        "Times of a search are taken as people write them",
        arguments: [
            ("2026-11-24", true), ("2026/11/24", true), ("2026-11-23", false), ("2027", true), ("2026-11", false),
            ("%222026-11-23%2015:30%22", true), ("2026-11-23t15:29:59z", false), ("2026-11-23T15:29:59.5Z", false),
        ])
    func moments(_ moment: String, _ isFound: Bool) async throws {
        try await RedisPages.with { web in
            _ = try await web.redis.send(
                "RPUSH", "resque:failed",
                #"{"failed_at":"2026-11-23T15:29:59Z","queue":"q","payload":{"class":"A","args":[]}}"#)
            let page = try await web.get("/queues/failed?q=before:\(moment)").text
            #expect(page.contains("name=\"entry\"") == isFound)
            #expect(!page.contains("not understood"))
        }
    }

    @Test("A failed job has its backtrace, and is found by its time")
    func backtrace() async throws {
        try await RedisPages.with { web in
            let node = "Sat Nov 28 2026 15:48:13 GMT+0000 (Coordinated Universal Time)"
            for (time, name) in [("2026/11/20 10:00:00 UTC", "Ruby"), (node, "Node")] {
                _ = try await web.redis.send(
                    "RPUSH", "resque:failed",
                    #"{"failed_at":"\#(time)","queue":"q","payload":{"class":"\#(name)","args":[]},"backtrace":["a.rb:1:in <b>","b.rb:2"]}"#
                )
            }
            let page = try await web.get("/queues/failed").text
            #expect(page.contains("a.rb:1:in &lt;b&gt;\nb.rb:2") && page.contains("2026-11-28T15:48:13.000Z"))
            let early = try await web.get("/queues/failed?q=before:2026-11-21").text
            #expect(early.contains(">Ruby<") && !early.contains(">Node<"))
        }
    }
}
