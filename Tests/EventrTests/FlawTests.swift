import Redis
import Support
import Testing

@testable import Eventr

/// Each flaw of the talk's consumer, and its cure: the same story under both algorithm, with two endings.
@Suite(.timeLimit(.minutes(1)))
struct FlawTests {
    private func options(_ algorithm: Algorithm) -> ConsumerOptions {
        .quick {
            $0.algorithm = algorithm
            $0.lease = .milliseconds(300)
            $0.attempts = 3
        }
    }

    @Test(
        "The event in hand when a process dies is handled by the next; the talk's cursor has passed it",
        arguments: Algorithm.allCases)
    func crash(algorithm: Algorithm) async throws {
        try await withEstate { estate in
            try await estate.write("first", "second", to: 100)
            // A process that takes an event and is never heard of again.
            switch algorithm {
            case .safe: _ = try await estate.store.take(from: 100, for: "myApp", token: "dead", options(.safe))
            case .talk:
                _ = try await estate.redis.run(TalkConsumer.getAndIncrement, keys: [], arguments: ["myApp", 100])
            }
            let witness = Witness()
            try await estate.withConsumer([witness.handler()], options(algorithm)) {
                try await witness.seen.wait { $0.contains("second") }
                if algorithm == .safe { try await witness.seen.wait { $0.contains("first") } }
            }
            #expect(witness.seen.value.sorted() == (algorithm == .safe ? ["first", "second"] : ["second"]))
        }
    }

    @Test("A handler that fails tries again; the talk's has had its chance", arguments: Algorithm.allCases)
    func failure(algorithm: Algorithm) async throws {
        try await withEstate { estate in
            try await estate.write("weak", "strong", to: 100)
            let tries = Watched<[String]>([])
            let handler = Handler("weak") { event in
                tries.change { $0.append("\(event)") }
                if tries.value.count == 1 { throw Broken() }
            }
            try await estate.withConsumer([handler], options(algorithm)) {
                try await tries.wait { $0.count == (algorithm == .safe ? 3 : 2) }
            }
            #expect(tries.value == ["weak", "strong"] + (algorithm == .safe ? ["weak"] : []))
        }
    }

    @Test(
        "An event written late, to a partition that was read to its end, is found; the talk has left it for good",
        arguments: Algorithm.allCases)
    func late(algorithm: Algorithm) async throws {
        try await withEstate { estate in
            let witness = Witness()
            try await estate.write("old", to: 100)
            try await estate.write("new", to: 101)
            try await estate.withConsumer([witness.handler()], options(algorithm)) {
                try await witness.seen.wait { $0.contains("new") }
                // By a producer that stalled between ZADD and RPUSH, or whose clock is slow.
                try await estate.write("late", to: 100)
                try await estate.write("later", to: 99)
                try await estate.write("newest", to: 102)
                try await witness.seen.wait { $0.contains("newest") }
                if algorithm == .safe { try await witness.seen.wait { $0.count == 5 } }
            }
            let late = Set(witness.seen.value).intersection(["late", "later"])
            #expect(late == (algorithm == .safe ? ["late", "later"] : []))
        }
    }

    @Test("After a trim the oldest survivor is read next; the talk skips it", arguments: Algorithm.allCases)
    func trimmed(algorithm: Algorithm) async throws {
        try await withEstate { estate in
            let witness = Witness()
            try await estate.write("one", to: 100)
            try await estate.withConsumer([witness.handler()], options(algorithm)) {
                try await witness.seen.wait { $0 == ["one"] }
            }
            _ = try await estate.redis.send("DEL", "eventr:partitions:100", "eventr:counters:100")
            _ = try await estate.redis.send("ZREM", "eventr:partitions", 100)
            try await estate.write("two", to: 101)
            try await estate.write("three", to: 102)
            try await estate.withConsumer([witness.handler()], options(algorithm)) {
                try await witness.seen.wait { $0.contains("three") }
            }
            #expect(witness.seen.value == ["one"] + (algorithm == .safe ? ["two", "three"] : ["three"]))
        }
    }

    @Test(
        "Three hundred events cost a handful of commands; the talk's two and more each", arguments: Algorithm.allCases)
    func roundTrips(algorithm: Algorithm) async throws {
        try await withEstate { estate in
            let witness = Watched(0)
            try await estate.write(0..<300, to: 100)
            let before = try await commands(estate)
            try await estate.withConsumer(
                [Handler("count") { _ in witness.change { $0 += 1 } }],
                .quick {
                    $0.algorithm = algorithm
                    $0.poll = .seconds(3600)
                }
            ) {
                try await witness.wait { $0 == 300 }
            }
            let cost = try await commands(estate) - before
            #expect(algorithm == .safe ? cost < 60 : cost > 600, "\(cost) commands")
        }
    }

    @Test("A hint wakes the consumer, whose next look is an hour away; the talk sleeps on")
    func woken() async throws {
        try await withEstate { estate in
            let witness = Witness()
            let pauses = Watched(0)
            try await estate.withConsumer(
                [witness.handler()], .quick { $0.poll = .seconds(3600) },
                events: { if case .pause = $0 { pauses.change { $0 += 1 } } }
            ) {
                for number in 1...3 {
                    try await pauses.wait { $0 >= number }
                    try await estate.producer.write(json: "event \(number)")
                    try await witness.seen.wait { $0.count == number }
                }
            }
        }
    }

    private func commands(_ estate: Estate) async throws -> Int {
        let info = try await estate.text("INFO", "stats") ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
        return line.flatMap { Int($0.split(separator: ":")[1]) } ?? 0
    }
}

struct Broken: Error, CustomStringConvertible {
    var description: String { "it is broken" }
}
