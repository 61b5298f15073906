import BgdemoTestSupport
import Eventr
import RedisClient
import Testing

@testable import BgdemoWeb

@Suite(.timeLimit(.minutes(1))) struct EventsPagesTests {
    /// Two partitions of events, a consumer that has read the first, and three events that its handler gave up.
    static func fill(_ web: RedisPages) async throws {
        for (partition, count) in [(29_857_612, 3), (29_857_613, 2)] {
            _ = try await web.redis.send("ZADD", "eventr:partitions", partition, partition)
            for index in 0..<count {
                _ = try await web.redis.send(
                    "RPUSH", "eventr:partitions:\(partition)", #"{"eventName":"user_created","id":\#(index)}"#)
            }
        }
        _ = try await web.redis.send("HSET", "eventr:client_partitions", "myApp", 29_857_612)
        _ = try await web.redis.send("HSET", "eventr:counters:29857612", "myApp", 3)
        for index in 0..<3 { try await fail(web, index) }
    }

    static func fail(_ web: RedisPages, _ index: Int, consumer: String = "myApp", error: String = "it broke")
        async throws
    {
        _ = try await web.redis.send(
            "RPUSH", "eventr:dead:\(consumer)",
            #"{"consumer":"\#(consumer)","error":"\#(error) \#(index)","event":{"eventName":"user_created","id":\#(index)},"#
                + #""failedAt":"2026-11-28T15:20:13Z","failures":8,"handler":"mail","index":\#(index),"partition":29857612}"#
        )
    }

    @Test("The log, its newest events, and how far each consumer has read")
    func overview() async throws {
        try await RedisPages.with { web in
            let empty = try await web.get("/events").text
            #expect(empty.contains("No event is in the log") && empty.contains("Nobody consumes the log"))
            try await Self.fill(web)
            let page = try await web.get("/events").text
            for text in ["myApp", "lags behind", "29857613:1", "2 partitions", "2026-10-08T10:52:00.000Z"] {
                #expect(page.contains(text), "\(text)")
            }
            let json = try await web.get("/events.json").text
            #expect(json.contains(#""dead":3"#) && json.contains(#""lag":2"#) && json.contains(#""events":5"#))
            let partition = try await web.get("/events/partition/29857612").text
            #expect(partition.contains("29857612:2") && !partition.contains("29857613:0"))
            #expect(try await web.get("/events/partition/x").status == 404)
            #expect(try await web.get("/events/consumer/nobody").status == 404)
        }
    }

    @Test("Dead events are retried and removed by their bytes, and who was faster is said")
    func dead() async throws {
        try await RedisPages.with { web in
            try await Self.fill(web)
            let page = try await web.get("/events/consumer/myApp").text
            #expect(page.contains("it broke 2") && page.ranges(of: "name=\"entry\"").count == 3)
            let dead = try await web.log.dead(of: "myApp", newest: 0..<10)
            let retried = try await web.post("/events/dead/retry", "consumer=myApp&entry=\(dead[0].digest)")
            #expect(retried["location"] == "/events/consumer/myApp?retried=1&gone=0")
            #expect(try await web.redis.send("ZRANGE", "eventr:retries:myApp", 0, -1).array?.count == 1)
            let again = try await web.post("/events/dead/retry", "consumer=myApp&entry=\(dead[0].digest)")
            #expect(again.status == 409 && again.text.contains("somebody was faster"))
            let both = "consumer=myApp&entry=\(dead[0].digest)&entry=\(dead[1].digest)"
            let removed = try await web.post("/events/dead/remove", both)
            #expect(removed["location"] == "/events/consumer/myApp?removed=1&gone=1")
            #expect(try await web.log.dead(of: "myApp", newest: 0..<10) == [dead[2]])
            #expect(try await web.post("/events/dead/remove", "consumer=myApp").status == 400)
            #expect(try await web.post("/events/dead/remove", "entry=1").status == 400)
        }
    }

    @Test("A consumer reads the log again from where the page says")
    func replay() async throws {
        try await RedisPages.with { web in
            try await Self.fill(web)
            let done = try await web.post("/events/replay", "consumer=myApp&start=29857612")
            #expect(done["location"] == "/events/consumer/myApp?replayed=5")
            #expect(try await web.get(try #require(done["location"])).text.contains("5 events are to be read again."))
            #expect(try await web.get("/events.json").text.contains(#""lag":5"#))
            for start in ["", "-1", "x"] {
                #expect(try await web.post("/events/replay", "consumer=myApp&start=\(start)").status == 400)
            }
        }
    }

    @Test("A page costs Redis no more with 20,000 partitions")
    func large() async throws {
        try await RedisPages.with { web in
            for step in 0..<20 {
                _ = try await web.redis.send(
                    "EVAL",
                    """
                    for i = 1, 1000 do
                      local number = ARGV[1] * 1000 + i
                      redis.call('ZADD', 'eventr:partitions', number, number)
                      redis.call('RPUSH', 'eventr:partitions:' .. number, '{"eventName":"a"}')
                    end
                    for i = 1, 2500 do
                      redis.call('RPUSH', 'eventr:partitions:20000', '{"eventName":"b"}')
                      redis.call('RPUSH', 'eventr:dead:myApp', '{"handler":"mail","index":' .. i .. '}')
                    end
                    """, "0", step)
            }
            _ = try await web.redis.send("HSET", "eventr:client_partitions", "myApp", 1)
            _ = try await web.redis.send("CONFIG", "SET", "slowlog-log-slower-than", "10000")
            _ = try await web.redis.send("SLOWLOG", "RESET")
            for target in ["/events", "/events/partition/20000?from=49950", "/events/consumer/myApp"] {
                var fastest = Duration.seconds(99)
                for _ in 0..<3 {
                    let began = ContinuousClock.now
                    #expect(try await web.get(target).status == 200)
                    fastest = min(fastest, ContinuousClock.now - began)
                }
                #expect(fastest < .seconds(3), "\(target)")
            }
            #expect(try await web.redis.send("SLOWLOG", "LEN").int == 0)
        }
    }

    @Test("Hostile texts are shown as texts")
    func hostile() async throws {
        try await RedisPages.with { web in
            _ = try await web.redis.send("ZADD", "eventr:partitions", 1, 1)
            for text in Hostile.texts {
                _ = try await web.redis.send("RPUSH", "eventr:partitions:1", text)
                _ = try await web.redis.send("HSET", "eventr:client_partitions", text, 1)
                _ = try await web.redis.send("RPUSH", "eventr:dead:\(text)", text)
                // A longer path is no page's.
                guard PageFields.encode(text).utf8.count < 2_000 else { continue }
                let page = try await web.get("/events/consumer/\(PageFields.encode(text))")
                #expect(page.status == 200, "\(text)")
                #expect(!page.text.contains("<script>document") && !page.text.contains("<img src=x"))
            }
            for target in ["/events", "/events/partition/1"] {
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
