import NIOPosix
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Eventr

/// Consumers on a bad network, with handlers that ignore cancellation, and with keys of another type.
@Suite(.timeLimit(.minutes(1)))
struct ConsumerFaultTests {
    @Test(
        "On a network that breaks repeatedly and loses replies, every event is handled and acknowledged"
    )
    func badNetwork() async throws {
        try await withFixture { fixture in
            let proxy = try await FaultProxy.start(to: fixture.server.socket)
            let handled = Watched<Set<Int>>([])
            var options = ConsumerOptions.quick
            options.batch = 7
            options.concurrency = 3
            options.lease = .milliseconds(300)
            options.redis.commandTimeout = .milliseconds(100)
            options.redis.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(20)
            let consumer = Consumer(
                name: "myApp",
                handlers: [
                    EventHandler("h") { event in
                        let number = try event.decode(Number.self).number
                        if number % 10 == 0, !handled.value.contains(number + 1) { throw HandlerFailure() }
                        handled.change { _ = $0.insert(number) }
                    }
                ], redis: try RedisURL("redis://127.0.0.1:\(proxy.port)"), on: MultiThreadedEventLoopGroup.singleton,
                options: options, logger: fixture.logger
            ) { _ in }
            let work = Task { try await consumer.run() }
            for round in 0..<10 {
                try await fixture.write(round * 100..<(round + 1) * 100, to: 100 + round)
                try await proxy.set(round % 2 == 0 ? .droppingReplies : .normal)
                try await Task.sleep(for: .milliseconds(30))
                proxy.cut()
                try await proxy.set(.normal)
            }
            try await handled.wait { $0.count == 1000 }
            for round in 0..<10 {
                try await fixture.until("HGET", "eventr:counters:\(100 + round)", "myApp", is: "100")
            }
            try await fixture.until("EXISTS", "eventr:retries:myApp", is: "0")
            work.cancel()
            try await work.value
            try await proxy.close()
        }
    }

    @Test("A partition of another type is reported, and the others are read")
    func wrongType() async throws {
        try await withFixture { fixture in
            _ = try await fixture.redis.send("SET", "eventr:partitions:100", "not a list")
            _ = try await fixture.redis.send("ZADD", "eventr:partitions", 100, 100, 7, "not a number")
            try await fixture.write("event", to: 101)
            let errors = Watched<[String]>([])
            let recorder = EventRecorder()
            try await fixture.withConsumer(
                [recorder.handler()],
                events: { if case .error(_, _, let error) = $0 { errors.change { $0.append("\(error)") } } }
            ) {
                try await recorder.seen.wait { $0 == ["event"] }
                try await errors.wait { $0.contains { $0.hasPrefix("partition 100 cannot be read: ") } }
            }
        }
    }

    @Test("A retry that a dead list of another type cannot take is not lost, and the consumer does not wait for it")
    func wrongTypeOfDeadList() async throws {
        try await withFixture { fixture in
            _ = try await fixture.redis.send("SET", "eventr:dead:myApp", "not a list")
            try await fixture.write("bad", to: 100)
            let (errors, dead) = (Watched<[String]>([]), Watched(0))
            let recorder = EventRecorder()
            let handler = EventHandler("h") { event in
                if "\(event)" == "bad" { throw HandlerFailure() }
                recorder.seen.change { $0.append("\(event)") }
            }
            let options = ConsumerOptions.quick {
                $0.attempts = 2
                $0.lease = .milliseconds(100)
            }
            try await fixture.withConsumer(
                [handler], options,
                events: {
                    if case .error(nil, _, let error) = $0 { errors.change { $0.append("\(error)") } }
                    if case .dead = $0 { dead.change { $0 += 1 } }
                }
            ) {
                try await errors.wait { $0.contains { $0.contains("another type") } }
                try await fixture.write("good", to: 101)
                try await recorder.seen.wait { $0 == ["good"] }
                #expect(dead.value == 0)
                #expect(try await fixture.texts("ZRANGE", "eventr:retries:myApp", 0, -1) == ["100:0:1:h"])
                _ = try await fixture.redis.send("DEL", "eventr:dead:myApp")
                try await dead.wait { $0 == 1 }
            }
            #expect(try await fixture.log.dead(of: "myApp").count == 1)
            #expect(try await fixture.text("EXISTS", "eventr:retries:myApp") == "0")
        }
    }

    @Test("Retries of another type do not keep the consumer from events, and are looked at again")
    func wrongTypeOfRetries() async throws {
        try await withFixture { fixture in
            _ = try await fixture.redis.send("SET", "eventr:retries:myApp", "not a sorted set")
            let errors = Watched<[String]>([])
            let recorder = EventRecorder()
            try await fixture.write("event", to: 100)
            try await fixture.withConsumer(
                [recorder.handler()],
                events: { if case .error(nil, _, let error) = $0 { errors.change { $0.append("\(error)") } } }
            ) {
                try await recorder.seen.wait { $0 == ["event"] }
                try await errors.wait { $0.contains { $0.contains("another type") } }
                _ = try await fixture.redis.send("DEL", "eventr:retries:myApp")
                _ = try await fixture.redis.send("ZADD", "eventr:retries:myApp", 0, "100:0:1:recorder")
                try await recorder.seen.wait { $0 == ["event", "event"] }
            }
        }
    }

    @Test("A user who may not publish writes events and gives them back, and the check names the right")
    func noChannels() async throws {
        try await withFixture { fixture in
            _ = try await fixture.redis.send("ACL", "SETUSER", "u", "on", ">p", "~eventr:*", "+@all", "resetchannels")
            let redis = RedisConnection(
                try RedisURL("unix://u:p@\(fixture.server.socket)"), on: MultiThreadedEventLoopGroup.singleton.any(),
                logger: fixture.logger)
            let producer = Producer(name: "webApp", redis: redis)
            let first = try await producer.write(json: "one")
            let second = try await producer.write(json: "two", id: "2")
            #expect(try await producer.write(json: "two", id: "2") == second)
            let store = EventStore(redis: redis, options: EventLogOptions())
            let taken = try await store.take(from: first.partition, for: "myApp", token: "t", .quick)
            let lease = try #require(taken.lease)
            #expect(try await store.acknowledge(lease, of: "myApp", keepingRestFor: .zero))
            await #expect {
                try await EventLog(store).checkWritable()
            } throws: { error in
                "\(error)".contains("can't publish to the channel")
            }
            try await fixture.log.checkWritable()
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler()]) {
                try await recorder.seen.wait { $0 == ["one", "two"] }
            }
            await redis.close()
        }
    }

    @Test("A handler that ignores cancellation does not delay the stop")
    func uncooperative() async throws {
        try await withFixture { fixture in
            let begun = Watched(false)
            let release = Watched(false)
            try await fixture.write("event", to: 100)
            try await fixture.withConsumer(
                [
                    EventHandler("deaf") { _ in
                        begun.change { $0 = true }
                        await Task { _ = try? await release.wait { $0 } }.value
                    }
                ], .quick { $0.grace = .milliseconds(50) }
            ) { try await begun.wait { $0 } }
            release.change { $0 = true }
        }
    }

    @Test("An event with which ten processes have died goes to the dead list, and the next event is handled")
    func poison() async throws {
        try await withFixture { fixture in
            try await fixture.write("killer", "after", to: 100)
            let options = ConsumerOptions.quick { $0.lease = .milliseconds(1) }
            for process in 0..<10 {
                _ = try await fixture.store.take(from: 100, for: "myApp", token: "\(process)", options)
                try await fixture.until("HLEN", "eventr:leases:100:myApp", is: process < 3 ? "2" : "3")
                try await Task.sleep(for: .milliseconds(3))
            }
            let recorder = EventRecorder()
            let buried = Watched<[String]>([])
            try await fixture.withConsumer(
                [recorder.handler()],
                events: { if case .dead(_, _, let error) = $0 { buried.change { $0.append("\(error)") } } }
            ) {
                try await buried.wait { !$0.isEmpty }
                try await recorder.seen.wait { $0 == ["after"] }
            }
            #expect(buried.value.first?.contains("have died with this event") == true)
            #expect(try await fixture.text("HGET", "eventr:counters:100", "myApp") == "2")
        }
    }
}
