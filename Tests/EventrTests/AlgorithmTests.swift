import RedisClient
import BgdemoOriginal2016
import BgdemoTestSupport
import Testing

@testable import Eventr

/// Each flaw of the talk's algorithm, tested with both algorithms.
@Suite(.timeLimit(.minutes(1)))
struct AlgorithmTests {
    enum Algorithm: CaseIterable { case original, safe }

    private static let options = ConsumerOptions.quick {
        $0.lease = .milliseconds(300)
        $0.attempts = 3
    }

    @Test(
        "The event of a killed process is handled by the next process; the original loses it",
        arguments: Algorithm.allCases)
    func crash(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            try await fixture.write("first", "second", to: 100)
            // A process that takes an event and is never heard of again.
            switch algorithm {
            case .safe: _ = try await fixture.store.take(from: 100, for: "myApp", token: "dead", Self.options)
            case .original:
                _ = try await fixture.redis.run(OriginalConsumer.getAndIncrement, keys: [], arguments: ["myApp", 100])
            }
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler()], algorithm, Self.options) {
                try await recorder.seen.wait { $0.contains("second") }
                if algorithm == .safe { try await recorder.seen.wait { $0.contains("first") } }
            }
            #expect(recorder.seen.value.sorted() == (algorithm == .safe ? ["first", "second"] : ["second"]))
        }
    }

    @Test("A failed handler retries; the original's does not", arguments: Algorithm.allCases)
    func failure(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            try await fixture.write("weak", "strong", to: 100)
            let tries = Watched<[String]>([])
            let handler = EventHandler("weak") { event in
                tries.change { $0.append("\(event)") }
                if tries.value.count == 1 { throw HandlerFailure() }
            }
            try await fixture.withConsumer([handler], algorithm, Self.options) {
                try await tries.wait { $0.count == (algorithm == .safe ? 3 : 2) }
            }
            #expect(tries.value == ["weak", "strong"] + (algorithm == .safe ? ["weak"] : []))
        }
    }

    @Test(
        "An event written late, to a partition that was read to its end, is found; the original never reads it",
        arguments: Algorithm.allCases)
    func late(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            try await fixture.write("old", to: 100)
            try await fixture.write("new", to: 101)
            try await fixture.withConsumer([recorder.handler()], algorithm, Self.options) {
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
        "After a trim the oldest remaining partition is read next; the original skips it",
        arguments: Algorithm.allCases)
    func trimmed(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            try await fixture.write("one", to: 100)
            try await fixture.withConsumer([recorder.handler()], algorithm, Self.options) {
                try await recorder.seen.wait { $0 == ["one"] }
            }
            _ = try await fixture.redis.send("DEL", "eventr:partitions:100", "eventr:counters:100")
            _ = try await fixture.redis.send("ZREM", "eventr:partitions", 100)
            try await fixture.write("two", to: 101)
            try await fixture.write("three", to: 102)
            try await fixture.withConsumer([recorder.handler()], algorithm, Self.options) {
                try await recorder.seen.wait { $0.contains("three") }
            }
            #expect(recorder.seen.value == ["one"] + (algorithm == .safe ? ["two", "three"] : ["three"]))
        }
    }

    @Test(
        "300 events cost a few commands; the original needs more than two for each",
        arguments: Algorithm.allCases)
    func roundTrips(algorithm: Algorithm) async throws {
        try await withFixture { fixture in
            let recorder = Watched(0)
            try await fixture.write(0..<300, to: 100)
            let before = try await commands(fixture)
            try await fixture.withConsumer(
                [EventHandler("count") { _ in recorder.change { $0 += 1 } }],
                algorithm, .quick { $0.poll = .seconds(3600) }
            ) {
                try await recorder.wait { $0 == 300 }
            }
            let cost = try await commands(fixture) - before
            #expect(algorithm == .safe ? cost < 60 : cost > 600, "\(cost) commands")
        }
    }

    @Test("A notification wakes a consumer whose next scan is an hour away; the original does not wake")
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

extension EventrFixture {
    /// Runs a consumer of this algorithm for as long as `body` runs.
    fileprivate func withConsumer(
        _ handlers: [EventHandler], _ algorithm: AlgorithmTests.Algorithm, _ options: ConsumerOptions,
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        switch algorithm {
        case .safe: try await withConsumer(handlers, options, body)
        case .original: try await withOriginalConsumer(handlers, pause: options.poll, body)
        }
    }

    func withOriginalConsumer(
        _ handlers: [EventHandler], named name: String = "myApp", pause: Duration = .milliseconds(20),
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let consumer = OriginalConsumer(name: name, handlers: handlers, redis: redis, pause: pause) { _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            try result.get()
        }
    }
}

struct HandlerFailure: Error, CustomStringConvertible {
    var description: String { "it is broken" }
}
