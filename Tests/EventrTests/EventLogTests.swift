import Foundation
import RedisClient
import BgdemoFoundations
import BgdemoTestSupport
import NIOPosix
import Testing

@testable import Eventr

/// The operations: replay, trim, status.
@Suite(.timeLimit(.minutes(3)))
struct EventLogTests {
    @Test(
        "A replay from the beginning returns the same events in the same order, byte for byte, for a new name and an old one"
    )
    func replay() async throws {
        try await withFixture { fixture in
            let bytes = Watched<[[UInt8]]>([])
            let handler = EventHandler("h") { event in bytes.change { $0.append(event.bytes) } }
            // All kinds of bytes, over more partitions than one look takes in.
            var written: [[UInt8]] = []
            var generator = SeededRandom(seed: 5)
            var commands: [RedisCommand] = []
            for partition in 0..<1100 {
                commands.append(["ZADD", "eventr:partitions", partition * 7, partition * 7])
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let event = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                        UInt8.random(in: .min ... .max, using: &generator)
                    }
                    written.append(event)
                    commands.append(["RPUSH", "eventr:partitions:\(partition * 7)", event])
                }
            }
            for reply in try await fixture.redis.pipeline(commands) { _ = try reply.get() }
            let all = written
            let count = all.count
            try await fixture.withConsumer([handler]) { try await bytes.wait { $0.count == count } }
            #expect(bytes.value == written)

            bytes.change { $0 = [] }
            let again = try await fixture.log.replay("myApp", from: .beginning)
            #expect(again == EventLog.Replay(partition: 0, events: count, skipped: 0))
            try await fixture.withConsumer([handler]) { try await bytes.wait { $0.count == count } }
            #expect(bytes.value == written)

            bytes.change { $0 = [] }
            _ = try await fixture.log.replay("another", from: .partition(700))
            let last = written.count - (try await fixture.texts("LRANGE", "eventr:partitions:0", 0, -1).count)
            try await fixture.withConsumer([handler], named: "another") {
                try await fixture.until("HGET", "eventr:client_partitions", "another", is: "\(1099 * 7)")
                try await bytes.wait { $0.last == all.last }
            }
            #expect(bytes.value.count < last && bytes.value == Array(written.suffix(bytes.value.count)))

            var reader = try await EventLogReader(fixture.log, from: .beginning)
            var read: [[UInt8]] = []
            while case let events = try await reader.read(atMost: 7), !events.isEmpty { read += events.map(\.bytes) }
            #expect(read == written)
        }
    }

    @Test("What is longer than one reply may be is read and retried in parts")
    func large() async throws {
        try await withFixture { fixture in
            var options = RedisOptions()
            options.replyByteLimit = 2 << 20
            let redis = RedisConnection(
                fixture.url, on: MultiThreadedEventLoopGroup.singleton.any(), options: options, logger: fixture.logger)
            let log = EventLog(redis: redis)
            let text = String(repeating: "x", count: 100_000)
            _ = try await fixture.redis.send("RPUSH", "eventr:dead:myApp", "not of a consumer")
            for number in 0..<50 {
                try await fixture.write("\(number) \(text)", to: 100)
                let entry = #"{"partition":100,"index":\#(number),"handler":"h","event":"\#(text)"}"#
                _ = try await fixture.redis.send("RPUSH", "eventr:dead:myApp", entry)
            }

            var reader = try await EventLogReader(log, from: .beginning)
            var read: [Event] = []
            while case let events = try await reader.read(), !events.isEmpty { read += events }
            #expect(read.map(\.place.index) == Array(0..<50))
            #expect(read.last?.bytes == Array("49 \(text)".utf8))
            #expect(try await log.events(of: 100, 5..<100) == Array(read[5...]))
            #expect(try await log.newest(50) == read.reversed())

            #expect(try await log.dead(of: "myApp").count == 51)
            let newest = try await log.dead(of: "myApp", newest: 1..<100)
            #expect(newest.map(\.place?.index) == Array((0..<49).reversed()) + [nil])
            #expect(try await log.dead(of: "myApp", newest: 51..<60).isEmpty)
            #expect(try await log.retryDead(of: "myApp") == 50)
            #expect(try await log.dead(of: "myApp") == ["not of a consumer"])
            #expect(try await fixture.text("ZCARD", "eventr:retries:myApp") == "50")
            await redis.close()
        }
    }

    @Test("A running consumer continues from where a replay puts it, back or forward")
    func replayAtWork() async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            let replays = Watched<[Int]>([])
            try await fixture.write("one", to: 100)
            try await fixture.write("two", to: 101)
            try await fixture.withConsumer(
                [recorder.handler()],
                events: { if case .replay(let partition) = $0 { replays.change { $0.append(partition) } } }
            ) {
                try await recorder.seen.wait { $0 == ["one", "two"] }
                try await fixture.log.replay("myApp", from: .partition(101))
                try await recorder.seen.wait { $0 == ["one", "two", "two"] }
                // It may have read "two" again before it knew of the replay.
                try await replays.wait { $0 == [101] }
                // What was passed over stays so, even when it is written to, and announced.
                try await fixture.write("late", to: 100)
                _ = try await fixture.redis.send("PUBLISH", "eventr:written", "100")
                try await fixture.write("three", to: 102)
                try await recorder.seen.wait { $0.last == "three" }
                let end = try await fixture.log.replay("myApp", from: .end)
                #expect(end.events == 0)
                try await fixture.producer.write(json: "four")
                try await recorder.seen.wait { $0.last == "four" }
            }
            #expect(recorder.seen.value == ["one", "two", "two", "three", "four"])
        }
    }

    @Test("A replay from a time starts with the minute that contains it")
    func replayFromTime() async throws {
        try await withFixture { fixture in
            let replay = try await fixture.log.replay("new", from: .time(.init(timeIntervalSince1970: 60 * 100 + 59)))
            #expect(replay.partition == 100)
        }
    }

    @Test("A trim keeps what a registered consumer has not read, and the partition that it reads")
    func trim() async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            for partition in 100...103 { try await fixture.write("event", to: partition) }
            try await fixture.withConsumer([recorder.handler()], named: "fast") {
                try await recorder.seen.wait { $0.count == 4 }
                try await fixture.until("HGET", "eventr:counters:103", "fast", is: "1")
            }
            _ = try await fixture.redis.send("HSET", "eventr:client_partitions", "slow", 101)
            for partition in 100...101 {
                _ = try await fixture.redis.send("HSET", "eventr:counters:\(partition)", "slow", 1)
            }

            let trim = try await fixture.log.trim(olderThan: .seconds(60))
            #expect(trim.partitions == 1 && trim.unread == 0 && trim.kept == 3 && trim.keptFor == ["fast", "slow"])
            #expect(try await fixture.texts("ZRANGE", "eventr:partitions", 0, -1) == ["101", "102", "103"])
            #expect(try await fixture.text("EXISTS", "eventr:partitions:100", "eventr:counters:100") == "0")

            // A consumer that is no more holds up nothing.
            try await fixture.log.forget("slow")
            let rest = try await fixture.log.trim(olderThan: .seconds(60))
            #expect(rest.partitions == 2 && rest.keptFor == ["fast"])
            #expect(try await fixture.text("HEXISTS", "eventr:client_partitions", "slow") == "0")
        }
    }

    @Test("After a forced trim a consumer is told what it has missed, and continues")
    func gap() async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            let gaps = Watched<[String]>([])
            try await fixture.write("one", to: 100)
            try await fixture.withConsumer([recorder.handler()]) { try await recorder.seen.wait { $0.count == 1 } }
            try await fixture.write("two", "three", to: 101)
            let dry = try await fixture.log.trim(olderThan: .seconds(60), force: true, dry: true)
            #expect(dry.partitions == 2 && dry.unread == 2)
            #expect(try await fixture.text("LLEN", "eventr:partitions:101") == "2")
            let trim = try await fixture.log.trim(olderThan: .seconds(60), force: true)
            #expect(trim == dry)
            try await fixture.write("four", to: 102)
            try await fixture.withConsumer(
                [recorder.handler()],
                events: {
                    if case .gap(let partition, let events) = $0 { gaps.change { $0.append("\(partition) \(events)") } }
                }
            ) {
                try await gaps.wait { !$0.isEmpty }
                try await recorder.seen.wait { $0 == ["one", "four"] }
            }
            #expect(gaps.value == ["101 2"])
            #expect(try await fixture.text("EXISTS", "eventr:gaps:myApp") == "0")
        }
    }

    @Test("A consumer with a retention deletes old partitions when they are read")
    func retention() async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            for partition in 100...102 { try await fixture.write("event", to: partition) }
            try await fixture.withConsumer([recorder.handler()]) { try await recorder.seen.wait { $0.count == 3 } }
            try await fixture.withConsumer([recorder.handler()], .quick { $0.retention = .seconds(86_400) }) {
                try await fixture.until("ZCARD", "eventr:partitions", is: "1")
            }
        }
    }

    @Test("The lag counts unacknowledged events, of every consumer and in every partition")
    func lag() async throws {
        try await withFixture { fixture in
            try await fixture.write(0..<10, to: 100)
            try await fixture.write(0..<5, to: 101)
            _ = try await fixture.redis.send("HSET", "eventr:client_partitions", "talk's", 101)
            _ = try await fixture.redis.send("HSET", "eventr:counters:100", "talk's", 8)
            _ = try await fixture.redis.send("HSET", "eventr:counters:101", "talk's", 5)
            _ = try await fixture.log.replay("new", from: .partition(101))
            _ = try await fixture.store.take(from: 101, for: "new", token: "t", .quick { $0.batch = 2 })
            let status = try await fixture.log.consumers()
            #expect(status.map(\.name) == ["new", "talk's"])
            #expect(status.map(\.lag) == [5, 2])
            #expect(status.map(\.inHand) == [2, 0])
            #expect(status.map(\.partition) == [101, 101])
            let age = try await (fixture.redis.send("TIME").array?.first?.int ?? 0) - 100 * 60
            #expect(abs(Int(status[1].age / .seconds(1)) - age) <= 1)
        }
    }
}
