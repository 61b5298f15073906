import BgdemoTestSupport
import NIOPosix
import RedisClient
import Testing

@testable import Eventr

/// Events with an id, which are written once however often the call is repeated.
@Suite(.timeLimit(.minutes(1)))
struct ProducerIDTests {
    /// All events of a log. A partition may end during a test, and one read ends with a partition.
    private static func read(_ log: EventLog) async throws -> [Event] {
        var reader = try await EventLogReader(log, from: .beginning)
        var events: [Event] = []
        while case let more = try await reader.read(), !more.isEmpty { events += more }
        return events
    }

    @Test("An event with an id is written once, and each call returns its position")
    func once() async throws {
        try await withFixture { fixture in
            let producer = fixture.producer
            let place = try await producer.write(json: "one", id: "a")
            #expect(try await producer.write(json: "two", id: "a") == place)
            #expect(try await Producer(name: "other", redis: fixture.redis).write(json: "three", id: "a") == place)
            let other = try await producer.write(json: "four", id: "b")
            #expect(other != place)
            #expect(
                try await fixture.text("LLEN", "eventr:partitions:\(place.partition)") == "2"
                    || other.partition != place.partition)
        }
    }

    @Test("Calls at the same time, at the end of partitions, write the event once")
    func concurrent() async throws {
        try await withFixture { fixture in
            var options = EventLogOptions()
            options.partitionSeconds = 1
            let producer = Producer(name: "p", redis: fixture.redis, options: options)
            for round in 0..<30 {
                let places = try await withThrowingTaskGroup(of: Event.Place.self) { group in
                    for caller in 0..<10 {
                        group.addTask {
                            try await Task.sleep(for: .milliseconds(10 * caller))
                            return try await producer.write(json: "\(round)", id: "id \(round)")
                        }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(places.count == 1)
            }
            let events = try await Self.read(EventLog(redis: fixture.redis, options: options)).map(\.description)
            #expect(events.count == 30 && Set(events).count == 30)
        }
    }

    @Test("A call that died after any step is repeated without a second event")
    func repeated() async throws {
        try await withFixture { fixture in
            let current = try await fixture.store.currentPartition()
            // It died after the claim, in a partition that has ended since.
            _ = try await fixture.redis.send("SET", "eventr:id:a", current - 5)
            let place = try await fixture.producer.write(json: "one", id: "a")
            #expect(place.partition >= current)
            // It died before it noted the position.
            _ = try await fixture.redis.send("SET", "eventr:id:a", place.partition)
            #expect(try await fixture.producer.write(json: "one", id: "a") == place)
            #expect(try await fixture.text("LLEN", "eventr:partitions:\(place.partition)") == "1")
        }
    }

    @Test("On a network that loses replies, repeated calls write each event once")
    func badNetwork() async throws {
        try await withFixture { fixture in
            let proxy = try await FaultProxy.start(to: fixture.server.socket)
            var options = RedisOptions()
            options.commandTimeout = .milliseconds(50)
            options.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(20)
            let redis = RedisConnection(
                try RedisURL("redis://127.0.0.1:\(proxy.port)"), on: MultiThreadedEventLoopGroup.singleton.any(),
                options: options, logger: fixture.logger)
            let producer = Producer(name: "p", redis: redis)
            var places: Set<Event.Place> = []
            for number in 0..<40 {
                try await proxy.set(number % 2 == 0 ? .droppingReplies : .normal)
                var place: Event.Place?
                while place == nil {
                    place = try? await producer.write(json: "\(number)", id: "id \(number)")
                    if place == nil { try await proxy.set(.normal) }
                }
                if let place { places.insert(place) }
            }
            #expect(places.count == 40)
            #expect(try await Self.read(fixture.log).count == 40)
            await redis.close()
            try await proxy.close()
        }
    }

    @Test("A trim deletes the ids of a partition, and a foreign value of an id's key is an error")
    func trimmed() async throws {
        try await withFixture { fixture in
            _ = try await fixture.redis.send("HSET", "eventr:ids:100", "a", 0)
            try await fixture.write("event", to: 100)
            _ = try await fixture.log.trim(olderThan: .seconds(60))
            #expect(try await fixture.text("EXISTS", "eventr:ids:100") == "0")
            for value in ["x", "9223372036854775807", "1:-1", "1:2:3"] {
                _ = try await fixture.redis.send("SET", "eventr:id:b", value)
                await #expect(throws: RedisError.self) { try await fixture.producer.write(json: "one", id: "b") }
            }
        }
    }
}
