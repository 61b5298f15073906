import BgdemoTestSupport
import RedisClient
import Testing

@testable import Eventr

/// Keys of the log with text that this library would never write.
@Suite(.timeLimit(.minutes(1)))
struct ForeignDataTests {
    @Test("Extreme numbers in every key do not stop the consumer or the process, and the other events are handled")
    func extremeNumbers() async throws {
        try await withFixture { fixture in
            let redis = fixture.redis
            for number in ["9223372036854775807", "-9223372036854775808", "1e300", "4611686018427387904", "-1", "x"] {
                _ = try await redis.send("ZADD", "eventr:partitions", 9_223_372_036_854_775_807, number)
                _ = try await redis.send("ZADD", "eventr:partitions", "-inf", "\(number)0")
                _ = try await redis.send("RPUSH", "eventr:partitions:\(number)", "foreign")
                for key in ["eventr:counters:100", "eventr:client_partitions"] {
                    _ = try await redis.send("HSET", key, "consumer \(number)", number)
                }
                _ = try await redis.send("HSET", "eventr:starts", "consumer \(number)", "\(number) \(number)")
                _ = try await redis.send(
                    "ZADD", "eventr:retries:consumer \(number)", "+inf", "\(number):\(number):\(number):h")
                _ = try await redis.send("ZADD", "eventr:retries:myApp", 0, "\(number):\(number):\(number):h")
                _ = try await redis.send("ZADD", "eventr:retries:myApp", "1e300", "100:0:\(number):h")
                _ = try await redis.send("HSET", "eventr:gaps:myApp", number, number)
                _ = try await redis.send(
                    "HSET", "eventr:leases:100:consumer \(number)", "head", number, "t",
                    "\(number) \(number) \(number) 0")
                _ = try await redis.send(
                    "RPUSH", "eventr:dead:myApp",
                    #"{"partition":\#(number),"index":\#(number),"failures":\#(number),"handler":"h"}"#)
            }
            try await fixture.write("event", to: 100)
            _ = try await redis.send("HSET", "eventr:counters:101", "myApp", "-9223372036854775808")
            try await fixture.write("another", to: 101)
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler()], .quick { $0.retention = .seconds(Int64.max) }) {
                for number in ["9223372036854775807", "-1", "4611686018427387904", "x"] {
                    _ = try await redis.send("PUBLISH", "eventr:written", number)
                }
                try await recorder.seen.wait { $0.contains("event") && $0.contains("another") }
                _ = try await fixture.log.retryDead(of: "myApp")
                let place = try await fixture.producer.write(json: "late")
                try await recorder.seen.wait { $0.contains("late") }
                try await fixture.until("HGET", "eventr:counters:\(place.partition)", "myApp", is: "1")
            }
            let consumers = try await fixture.log.consumers()
            #expect(consumers.allSatisfy { $0.lag >= 0 && $0.inHand >= 0 && $0.age >= .zero })
            _ = try await fixture.log.replay("consumer 9223372036854775807", from: .partition(.max))
            _ = try await fixture.log.replay("consumer -1", from: .partition(.min))
            _ = try await fixture.log.trim(olderThan: .seconds(Int64.max), force: true)
            _ = try await fixture.log.trim(olderThan: .seconds(Int64.min), force: true)
            var reader = try await EventLogReader(fixture.log, from: .end, last: .max)
            _ = try await reader.read(atMost: .max)
        }
    }

    @Test("Leases with extreme numbers do not stop the consumer")
    func extremeLease() async throws {
        try await withFixture { fixture in
            for number in ["9223372036854775807", "99999999999999999999"] {
                try await fixture.write("foreign", to: 100)
                _ = try await fixture.redis.send(
                    "HSET", "eventr:leases:100:myApp", "t\(number)", "\(number) \(number) 0 0")
            }
            try await fixture.write("event", to: 101)
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler()]) {
                try await recorder.seen.wait { $0.contains("event") }
            }
        }
    }

    @Test(
        "Only text within bounds is a retry",
        arguments: [
            ("100:0:1:h", true), ("100:0:1:a:b", true), ("100:0:1:", true), ("0:0:0:h", true),
            ("9223372036854775807:0:1:h", false), ("-1:0:1:h", false), ("100:-1:1:h", false),
            ("100:0:9223372036854775807:h", false), ("100:0:-1:h", false), ("100:0:1", false), ("", false),
            ("a:b:c:d", false), ("100:0:1+2:h", true), ("100:0:0+2:h", true), ("100:0:1+:h", false),
            ("100:0:+2:h", false),
            ("100:0:1+-1:h", false),
        ])
    func retries(text: String, isRetry: Bool) {
        let retry = EventRetry(text)
        #expect((retry != nil) == isRetry)
        #expect(retry == nil || retry?.text == text)
    }

    @Test("A name with tens of thousands of combining marks takes no longer than other text of its length")
    func combiningMarks() async throws {
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 15_625)
        let time = ContinuousClock().measure {
            for json in [
                #"{"\#(marks)":1,"\#(marks)b":2,"eventName":"x"}"#, #"{"eventName":"\#(marks)"}"#,
                #"{"\#(marks)":{"\#(marks)":1}}"#,
            ] {
                let event = Event(Array(json.utf8), at: Event.Place(partition: 1, index: 0))
                #expect(!event.isNamed("y"))
                _ = event.name
                _ = try? event.decode([String: Int].self)
                _ = "\(event)"
            }
            #expect(EventRetry("100:0:1:\(marks)")?.handler.utf8.count == marks.utf8.count)
        }
        #expect(time < .seconds(1), "\(time)")
        // In proportion to other text, since the machine may be busy.
        let plain = try await timeWithForeignNames(String(repeating: "b", count: marks.utf8.count))
        let marked = try await timeWithForeignNames(marks)
        #expect(marked < plain * 4 + .seconds(2), "\(marked), and \(plain) with other text")
    }

    /// How long a consumer and the operations take beside consumers with names of this text.
    private func timeWithForeignNames(_ text: String) async throws -> Duration {
        let time = Watched(Duration.zero)
        try await withFixture { fixture in
            let recorder = EventRecorder()
            _ = try await fixture.redis.send("HSET", "eventr:client_partitions", text, 100, text + "b", 100)
            _ = try await fixture.redis.send("HSET", "eventr:starts", text, "1 1", text + "c", "1 1")
            try await fixture.write(#"{"\#(text)":1,"eventName":"x"}"#, to: 100)
            let taken = try await ContinuousClock().measure {
                try await fixture.withConsumer([recorder.handler()]) { try await recorder.seen.wait { $0.count == 1 } }
                #expect(try await fixture.log.consumers().count == 4)
                #expect(try await fixture.log.trim(olderThan: .seconds(60)).kept == 1)
            }
            time.change { $0 = taken }
        }
        return time.value
    }

    @Test("Errors have a code, and the error that caused them")
    func errors() throws {
        let event = Event(Array("[".utf8), at: Event.Place(partition: 1, index: 2))
        #expect { try event.decode([String: Int].self) } throws: { error in
            guard let error = error as? EventrError else { return false }
            return error.code == .invalidEvent && error.underlyingError != nil && "\(error)".contains("1:2")
        }
        let other = Event(Array(#"{"a":"x"}"#.utf8), at: Event.Place(partition: 1, index: 2))
        #expect { try other.decode([String: Int].self) } throws: { error in
            (error as? EventrError)?.underlyingError is DecodingError
        }
    }
}
