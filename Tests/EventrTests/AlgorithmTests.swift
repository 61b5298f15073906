import RedisClient
import BgdemoTestSupport
import Testing

@testable import Eventr

/// Each flaw of the talk's algorithm, tested with both algorithms.
@Suite(.timeLimit(.minutes(1)))
struct AlgorithmTests {
    private func options(_ algorithm: Algorithm) -> ConsumerOptions {
        .quick {
            $0.algorithm = algorithm
            $0.lease = .milliseconds(300)
            $0.attempts = 3
        }
    }

    @Test(
        "The event in hand when a process dies is handled by the next process; in the talk's algorithm it is lost",
        arguments: Algorithm.allCases)
    func crash(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            try await fixture.write("first", "second", to: 100)
            // A process that takes an event and is never heard of again.
            switch algorithm {
            case .safe: _ = try await fixture.store.take(from: 100, for: "myApp", token: "dead", options(.safe))
            case .talk:
                _ = try await fixture.redis.run(TalkConsumer.getAndIncrement, keys: [], arguments: ["myApp", 100])
            }
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler()], options(algorithm)) {
                try await recorder.seen.wait { $0.contains("second") }
                if algorithm == .safe { try await recorder.seen.wait { $0.contains("first") } }
            }
            #expect(recorder.seen.value.sorted() == (algorithm == .safe ? ["first", "second"] : ["second"]))
        }
    }

    @Test("A handler that fails retries; in the talk's algorithm it does not", arguments: Algorithm.allCases)
    func failure(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            try await fixture.write("weak", "strong", to: 100)
            let tries = Watched<[String]>([])
            let handler = EventHandler("weak") { event in
                tries.change { $0.append("\(event)") }
                if tries.value.count == 1 { throw HandlerFailure() }
            }
            try await fixture.withConsumer([handler], options(algorithm)) {
                try await tries.wait { $0.count == (algorithm == .safe ? 3 : 2) }
            }
            #expect(tries.value == ["weak", "strong"] + (algorithm == .safe ? ["weak"] : []))
        }
    }

    @Test(
        "An event written late, to a partition that was read to its end, is found; the talk's algorithm never reads it",
        arguments: Algorithm.allCases)
    func late(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            try await fixture.write("old", to: 100)
            try await fixture.write("new", to: 101)
            try await fixture.withConsumer([recorder.handler()], options(algorithm)) {
                try await recorder.seen.wait { $0.contains("new") }
                // By a producer that stalled between ZADD and RPUSH, or whose clock is slow.
                try await fixture.write("late", to: 100)
                try await fixture.write("later", to: 99)
                try await fixture.write("newest", to: 102)
                try await recorder.seen.wait { $0.contains("newest") }
                if algorithm == .safe { try await recorder.seen.wait { $0.count == 5 } }
            }
            let late = Set(recorder.seen.value).intersection(["late", "later"])
            #expect(late == (algorithm == .safe ? ["late", "later"] : []))
        }
    }

    @Test(
        "After a trim the oldest remaining partition is read next; the talk's algorithm skips it",
        arguments: Algorithm.allCases)
    func trimmed(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            try await fixture.write("one", to: 100)
            try await fixture.withConsumer([recorder.handler()], options(algorithm)) {
                try await recorder.seen.wait { $0 == ["one"] }
            }
            _ = try await fixture.redis.send("DEL", "eventr:partitions:100", "eventr:counters:100")
            _ = try await fixture.redis.send("ZREM", "eventr:partitions", 100)
            try await fixture.write("two", to: 101)
            try await fixture.write("three", to: 102)
            try await fixture.withConsumer([recorder.handler()], options(algorithm)) {
                try await recorder.seen.wait { $0.contains("three") }
            }
            #expect(recorder.seen.value == ["one"] + (algorithm == .safe ? ["two", "three"] : ["three"]))
        }
    }

    @Test(
        "Three hundred events cost a few commands; the talk's algorithm needs more than two for each",
        arguments: Algorithm.allCases)
    func roundTrips(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            let recorder = Watched(0)
            try await fixture.write(0..<300, to: 100)
            let before = try await commands(fixture)
            try await fixture.withConsumer(
                [EventHandler("count") { _ in recorder.change { $0 += 1 } }],
                .quick {
                    $0.algorithm = algorithm
                    $0.poll = .seconds(3600)
                }
            ) {
                try await recorder.wait { $0 == 300 }
            }
            let cost = try await commands(fixture) - before
            #expect(algorithm == .safe ? cost < 60 : cost > 600, "\(cost) commands")
        }
    }

    @Test("A notification wakes a consumer whose next scan is an hour away; the talk's consumer does not wake")
    func woken() async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            let pauses = Watched(0)
            try await fixture.withConsumer(
                [recorder.handler()], .quick { $0.poll = .seconds(3600) },
                events: { if case .pause = $0 { pauses.change { $0 += 1 } } }
            ) {
                for number in 1...3 {
                    try await pauses.wait { $0 >= number }
                    try await fixture.producer.write(json: "event \(number)")
                    try await recorder.seen.wait { $0.count == number }
                }
            }
        }
    }

    private func commands(_ fixture: EventrFixture) async throws -> Int {
        let info = try await fixture.text("INFO", "stats") ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
        return line.flatMap { Int($0.split(separator: ":")[1]) } ?? 0
    }
}

struct HandlerFailure: Error, CustomStringConvertible {
    var description: String { "it is broken" }
}
