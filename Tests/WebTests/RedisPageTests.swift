import BgdemoFoundations
import BgdemoTestSupport
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

/// The Redis below the queues.
@Suite(.timeLimit(.minutes(1))) struct RedisPageTests {
    @Test("What Redis says of itself, and the keys of the namespace")
    func overview() async throws {
        try await RedisPages.with { web in
            try await web.queue.enqueue("SendEmail", "a", to: "mails")
            _ = try await web.redis.send("SET", "other", "x")
            let page = try await web.get("/queues/redis").text
            for text in ["resque:queue:mails", "1 item", "resque:queues", "redis_version", "Commands a second"] {
                #expect(page.contains(text), "\(text)")
            }
            #expect(!page.contains(">other<"))
            #expect(try await web.get("/queues/redis.json").text.contains(#""type":"list""#))
            #expect(try await web.get("/queues/redis?from=x").status == 400)
        }
    }

    @Test("All keys are found, some at a time")
    func pages() async throws {
        try await RedisPages.with { web in
            for number in 0..<2_000 { _ = try await web.redis.send("SET", "resque:stat:\(number)", number) }
            var found: Set<String> = []
            var cursor: UInt64? = 0
            var calls = 0
            while let place = cursor, calls < 100 {
                let (keys, next) = try await web.queue.keys(after: place)
                found.formUnion(keys.map(\.name))
                cursor = next
                calls += 1
            }
            #expect(found.count == 2_000 && calls > 2)
        }
    }

    @Test("What is in a key of each type")
    func key() async throws {
        try await RedisPages.with { web in
            for number in 0..<120 { try await web.queue.enqueue("SendEmail", "mail-\(number)!", to: "mails") }
            _ = try await web.redis.send("HSET", "resque:hash", "name", "<value>")
            _ = try await web.redis.send("ZADD", "resque:zset", 7, "member")
            _ = try await web.redis.send("SET", "resque:text", "\u{202e}text")
            func key(_ name: String) async throws -> RawResponse {
                try await web.get("/queues/redis/\(PageFields.encode(name))")
            }
            let list = try await key("resque:queue:mails").text
            #expect(list.contains("mail-49!") && !list.contains("mail-50!") && list.contains("from=50"))
            #expect(try await web.get("/queues/redis/resque%3Aqueue%3Amails?from=100").text.contains("mail-119!"))
            #expect(try await key("resque:hash").text.contains("&lt;value&gt;"))
            let sorted = try await key("resque:zset").text
            #expect(sorted.contains("member") && sorted.contains(">7<"))
            #expect(try await key("resque:text").text.contains("<mark>U+202E</mark>text"))
            #expect(try await key("resque:queues").text.contains("mails"))
            _ = try await web.redis.send("SET", "secret", "x")
            for other in ["secret", "resque:none"] { #expect(try await key(other).status == 404, "\(other)") }
        }
    }

    @Test("All items of a key are found by its pages, whatever its type and size", arguments: [60, 600])
    func items(count: Int) async throws {
        try await RedisPages.with { web in
            let script = """
                for i = 1, tonumber(ARGV[1]) do
                  redis.call('RPUSH', KEYS[1], 'item-' .. i .. '!')
                  redis.call('SADD', KEYS[2], 'item-' .. i .. '!')
                  redis.call('ZADD', KEYS[3], i, 'item-' .. i .. '!')
                  redis.call('HSET', KEYS[4], 'item-' .. i .. '!', i)
                  redis.call('APPEND', KEYS[5], 'item-' .. i .. '! ')
                end
                """
            let names = ["list", "set", "zset", "hash", "text"]
            _ = try await web.redis.send(
                RedisCommand(["EVAL", script, "5"] + names.map { "resque:\($0)" } + ["\(count)"]))
            for name in names {
                var (found, pages): (Set<String>, Int) = ([], 0)
                var target: String? = "/queues/redis/resque%3A\(name)"
                while let next = target, pages < 1_000 {
                    let page = try await web.get(next).text
                    #expect(page.contains("of \(PageText.number(count))") || name == "text", "\(next)")
                    #expect(page.ranges(of: "class=\"row\"").count <= DataPage.rows, "\(next)")
                    let items = page.utf8.split { !$0.isASCIILetter && !$0.isASCIIDigit && $0 != UInt8(ascii: "-") }
                    found.formUnion(items.filter { $0.starts(with: "item-".utf8) }.map { String(Substring($0)) })
                    let end = page.utf8.firstRange(of: "\">After".utf8)
                    target = end.flatMap { page.utf8[..<$0.lowerBound].split(separator: UInt8(ascii: "\"")).last }
                        .map { String(Substring($0)) }
                    pages += 1
                }
                #expect(
                    found.count == count || name == "text" && found.count > count - pages, "\(name) in \(pages) pages")
                #expect(pages > 1 || name == "text")
            }
            let later = try await web.get("/queues/redis/resque%3Aset?from=0-50").text
            #expect(later.contains("The first") && later.contains("in the order of Redis"))
            #expect(try await web.get("/queues/redis/resque%3Alist?from=50").text.contains("51–"))
            for from in ["x", "-1", "1-", "1-x", "1--1", "99999999999999999999", "0-99999999999999999999"] {
                #expect(try await web.get("/queues/redis/resque%3Aset?from=\(from)").status == 400, "\(from)")
            }
            for from in ["18446744073709551615", "0-9223372036854775807", "18446744073709551615-1"] {
                for name in names {
                    #expect(try await web.get("/queues/redis/resque%3A\(name)?from=\(from)").status == 200, "\(from)")
                }
            }
            _ = try await web.redis.send("XADD", "resque:stream", "*", "a", "b")
            #expect(
                try await web.get("/queues/redis/resque%3Astream").text.contains("What is in a stream is not shown"))
        }
    }

    @Test("A queue is removed with its jobs, which Redis frees beside its other work")
    func remove() async throws {
        try await RedisPages.with { web in
            for name in ["mails", "failed"] {
                _ = try await web.redis.send("RPUSH", "resque:\(name == "failed" ? "" : "queue:")\(name)", "x")
            }
            _ = try await web.redis.send("CONFIG", "RESETSTAT")
            try await web.queue.remove(queue: "mails")
            #expect(try await web.queue.clearFailed() == 1)
            let calls = try await web.redis.send("INFO", "commandstats").text ?? ""
            #expect(calls.contains("cmdstat_unlink:calls=2,") && !calls.contains("cmdstat_del:"))
            try await web.queue.enqueue("SendEmail", "a", to: "mails & more")
            #expect(try await web.get("/queues/queue/mails%20%26%20more").text.contains("Remove queue"))
            let done = try await web.post("/queues/remove", "queue=mails%2520%2526%2520more")
            #expect(done.status == 303)
            #expect(try await web.queue.names() == [])
            #expect(try await web.post("/queues/remove", "").status == 400)
        }
    }

    @Test("All that were found are retried or removed at once, and those that were retried are found")
    func all() async throws {
        try await RedisPages.with { web in
            for number in 0..<3 { try await web.fail("SendEmail", "mail-\(number)") }
            _ = try await web.redis.send(
                "RPUSH", "resque:failed",
                #"{"retried_at":"2026/11/20 10:00:00","queue":"q","payload":{"class":"Old","args":[]}}"#)
            let found = try await web.get("/queues/failed?q=is:retried").text
            #expect(found.contains("Remove 1 job<") && found.contains(">Old<") && !found.contains("mail-0"))
            #expect(try await web.get("/queues/failed?q=class:sendemail").text.contains("Retry 3 jobs<"))
        }
    }
}
