import RedisClient
import BgdemoOriginal2016
import BgdemoTestSupport
import Testing

@testable import Eventr

@Suite(.timeLimit(.minutes(1)))
struct ConsumerTests {
    @Test("Events are in the talk's keys, and each handler gets each of them, in order")
    func keys() async throws {
        try await withFixture { fixture in
            let (one, two) = (EventRecorder(), EventRecorder())
            let event = #"{"eventName":"emailEvent","email":{"to":"a@b.example","subject":"s","text":"t"}}"#
            let place = try await fixture.producer.write(json: event)
            #expect(place.index == 0)
            #expect(
                try await fixture.texts("ZRANGE", "eventr:partitions", 0, -1, "WITHSCORES") == [
                    "\(place.partition)", "\(place.partition)",
                ])
            #expect(try await fixture.texts("LRANGE", "eventr:partitions:\(place.partition)", 0, -1) == [event])
            try await fixture.producer.write(json: "second")
            try await fixture.withConsumer([one.handler("one"), two.handler("two")]) {
                try await two.seen.wait { $0.count == 2 }
                // Acknowledged: the counter is the index of the next.
                try await fixture.until("HGET", "eventr:counters:\(place.partition)", "myApp", is: "2")
            }
            #expect(one.seen.value == [event, "second"])
            #expect(two.seen.value == [event, "second"])
            #expect(try await fixture.text("HGET", "eventr:client_partitions", "myApp") == "\(place.partition)")
            let left = try await fixture.texts("KEYS", "*").filter { !$0.hasPrefix("eventr:waiting:") }.sorted()
            #expect(
                left == [
                    "eventr:client_partitions", "eventr:counters:\(place.partition)", "eventr:partitions",
                    "eventr:partitions:\(place.partition)",
                ])
        }
    }

    @Test("An original consumer and ours read one log under different names")
    func besideTheOriginal() async throws {
        try await withFixture { fixture in
            let (ours, talks) = (EventRecorder(), EventRecorder())
            try await fixture.producer.write(json: "by ours")
            try await fixture.withConsumer([ours.handler()], named: "ours") {
                try await fixture.withOriginalConsumer([talks.handler()], named: "talk's") {
                    _ = try await OriginalEventr.write(Array("by the talk's".utf8), fixture.redis)
                    try await ours.seen.wait { $0.count == 2 }
                    try await talks.seen.wait { $0.count == 2 }
                }
            }
            #expect(ours.seen.value == ["by ours", "by the talk's"])
            #expect(talks.seen.value == ["by ours", "by the talk's"])
        }
    }

    @Test("Three consumers of one name share the events; another name gets all of them too")
    func shared() async throws {
        try await withFixture { fixture in
            let count = 1200
            try await fixture.write(0..<count / 2, to: 100)
            let handled = Watched<[String: [Int]]>([:])
            func handler(_ name: String, _ process: Int) -> EventHandler {
                EventHandler("number") { event in
                    let number = try event.decode(Number.self).number
                    handled.change { $0["\(name) \(process)", default: []].append(number) }
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in 0..<3 {
                    for name in ["a", "b"] {
                        let consumer = Consumer(
                            name: name, handlers: [handler(name, process)], redis: fixture.url,
                            on: fixture.redis.eventLoop, options: .quick { $0.batch = 20 }, logger: fixture.logger
                        ) { _ in }
                        group.addTask { try await consumer.run() }
                    }
                }
                for number in count / 2..<count { try await fixture.producer.write(json: numbered(number)) }
                try await handled.wait { $0.values.reduce(0) { $0 + $1.count } >= 2 * count }
                group.cancelAll()
                try await group.waitForAll()
            }
            for name in ["a", "b"] {
                let mine = handled.value.filter { $0.key.hasPrefix(name) }
                #expect(mine.values.flatMap { $0 }.sorted() == Array(0..<count))
                #expect(mine.count == 3, "all of them have worked")
            }
        }
    }

    @Test(
        "A handler that fails retries with backoff, then the event is dead with its error; other events and handlers go on"
    )
    func dead() async throws {
        try await withFixture { fixture in
            let good = EventRecorder()
            let tries = Watched(0)
            let buried = Watched<[String]>([])
            let bad = EventHandler("bad") { event in
                guard "\(event)" == "poison" else { return }
                tries.change { $0 += 1 }
                throw HandlerFailure()
            }
            try await fixture.write("before", "poison", "after", to: 100)
            try await fixture.withConsumer(
                [bad, good.handler()], .quick { $0.attempts = 3 },
                events: {
                    if case .dead(let handler, let place, _) = $0 { buried.change { $0.append("\(handler) \(place)") } }
                }
            ) {
                try await buried.wait { !$0.isEmpty }
            }
            #expect(buried.value == ["bad 100:1"])
            #expect(tries.value == 3)
            #expect(good.seen.value == ["before", "poison", "after"])
            let dead = try await fixture.log.dead(of: "myApp")
            #expect(dead.count == 1)
            #expect(dead.first?.contains(#""error":"it is broken","event":"poison""#) == true)
            #expect(dead.first?.contains(#""failures":3,"handler":"bad","index":1,"partition":100"#) == true)
            #expect(try await fixture.text("EXISTS", "eventr:retries:myApp") == "0")

            // The cause is cured, and the operator has it tried again.
            #expect(try await fixture.log.retryDead(of: "myApp") == 1)
            let cured = EventRecorder()
            try await fixture.withConsumer([cured.handler("bad")]) { try await cured.seen.wait { $0 == ["poison"] } }
            #expect(try await fixture.log.dead(of: "myApp").isEmpty)
        }
    }

    @Test("An error that is not retryable moves the event to the dead list at once")
    func unretryable() async throws {
        try await withFixture { fixture in
            let tries = Watched(0)
            let handler = EventHandler("bad", isRetryable: { _ in false }) { _ in
                tries.change { $0 += 1 }
                throw HandlerFailure()
            }
            try await fixture.write("poison", "after", to: 100)
            try await fixture.withConsumer([handler]) { try await tries.wait { $0 == 2 } }
            #expect(try await fixture.log.dead(of: "myApp").count == 2)
        }
    }

    @Test("An outage puts an event off without counting as one of its attempts")
    func outage() async throws {
        struct Outage: Error {}
        try await withFixture { fixture in
            let tries = Watched(0)
            let handler = EventHandler("h", isOutage: { $0 is Outage }) { _ in
                guard
                    tries.change({
                        $0 += 1; return $0
                    }) > 5
                else { throw Outage() }
                throw HandlerFailure()
            }
            try await fixture.write("event", to: 100)
            let options = ConsumerOptions.quick { ($0.attempts, $0.retryDelay) = (2, .milliseconds(1)) }
            try await fixture.withConsumer([handler], options) { try await tries.wait { $0 == 7 } }
            let dead = try await fixture.log.dead(of: "myApp")
            #expect(dead.count == 1 && dead.first?.contains(#""failures":2"#) == true, "\(dead)")
        }
    }

    @Test("A retry is done by another process if the one that failed is gone")
    func retryElsewhere() async throws {
        try await withFixture { fixture in
            let failed = Watched(false)
            try await fixture.write("event", to: 100)
            try await fixture.withConsumer(
                [EventHandler("h") { _ in throw HandlerFailure() }], .quick { $0.retryDelay = .milliseconds(200) },
                events: { if case .retry = $0 { failed.change { $0 = true } } }
            ) { try await failed.wait { $0 } }
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler("h")]) { try await recorder.seen.wait { $0 == ["event"] } }
        }
    }

    @Test("A slow handler delays its batch, and no other batch")
    func slow() async throws {
        try await withFixture { fixture in
            let recorder = EventRecorder()
            let handler = EventHandler("h") { event in
                if "\(event)" == numbered(0) { try await Task.sleep(for: .seconds(3600)) }
                recorder.seen.change { $0.append("\(event)") }
            }
            try await fixture.write(0..<100, to: 100)
            let lost = Watched(0)
            try await fixture.withConsumer(
                [handler],
                .quick {
                    $0.concurrency = 2
                    $0.batch = 5
                    $0.lease = .milliseconds(200)
                    $0.grace = .zero
                }, events: { if case .lost = $0 { lost.change { $0 += 1 } } }
            ) {
                // The first batch is shared out between the hands: two of the five.
                try await recorder.seen.wait { $0.count == 98 }
            }
            // Held by its heartbeat all the while, and given back.
            #expect(lost.value == 0)
            #expect(try await fixture.text("HGET", "eventr:counters:100", "myApp") == "0")
            let rest = EventRecorder()
            try await fixture.withConsumer([rest.handler()]) { try await rest.seen.wait { $0.count == 2 } }
            #expect(rest.seen.value == (0..<2).map(numbered))
            #expect(try await fixture.text("HGET", "eventr:counters:100", "myApp") == "100")
        }
    }

    @Test("At most once: an event is acknowledged before it is handled, and not retried")
    func atMostOnce() async throws {
        try await withFixture { fixture in
            let counters = Watched<[String?]>([])
            let buried = Watched(0)
            let handler = EventHandler("h") { _ in
                let counter = try await fixture.text("HGET", "eventr:counters:100", "myApp")
                counters.change { $0.append(counter) }
                throw HandlerFailure()
            }
            try await fixture.write("one", "two", to: 100)
            try await fixture.withConsumer(
                [handler], .quick { $0.delivery = .atMostOnce },
                events: { if case .dead = $0 { buried.change { $0 += 1 } } }
            ) { try await buried.wait { $0 == 2 } }
            #expect(counters.value == ["2", "2"])
        }
    }
}

struct Number: Decodable { let number: Int }

extension EventrFixture {
    /// Returns when a command's reply is such; the suite's time limit ends a wait in vain.
    func until(_ words: any RedisArgument..., is wanted: String) async throws {
        while try await redis.send(RedisCommand(words)).text != wanted { try await Task.sleep(for: .milliseconds(5)) }
    }
}
