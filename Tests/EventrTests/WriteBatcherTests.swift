import BgdemoNetSupport
import NIOCore
import NIOPosix
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Eventr

/// Events that are written in one tick of an event loop go to Redis in one request.
@Suite(.timeLimit(.minutes(1)))
struct GatheringTests {
    /// Writes on the connection's event loop, all at once.
    private func write(_ events: [String], _ fixture: EventrFixture) async throws -> [(
        event: String, place: Event.Place
    )] {
        let producer = fixture.producer
        return try await withThrowingTaskGroup { tasks in
            let loop = LoopExecutor(fixture.redis.eventLoop)
            for event in events {
                tasks.addTask(executorPreference: loop) { (event, try await producer.write(json: event)) }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("Each writer gets the place of its own event, in few requests", arguments: [1, 2, 256, 257, 1000])
    func places(count: Int) async throws {
        try await withFixture { fixture in
            let written = try await write((0..<count).map { numbered($0) }, fixture)
            #expect(Set(written.map(\.place)).count == count)
            for (event, place) in written {
                let key = "eventr:partitions:\(place.partition)"
                #expect(try await fixture.text("LINDEX", key, place.index) == event)
            }
            let info = try #require(try await fixture.text("INFO", "commandstats"))
            let calls = try #require(info.firstMatch(of: /cmdstat_evalsha:calls=([0-9]+)/)?.1)
            // Where a minute ends meanwhile, one is made again.
            #expect(try #require(Int(calls)) <= count / 8 + 2)
        }
    }

    @Test("Large events go in requests of 1 MiB, and a larger event alone")
    func large() async throws {
        try await withFixture { fixture in
            let sizes = [600_000, 600_000, 3_000_000, 10, 10]
            let written = try await write(sizes.map { "\"" + String(repeating: "x", count: $0) + "\"" }, fixture)
            #expect(Set(written.map(\.place)).count == sizes.count)
            for (event, place) in written {
                let key = "eventr:partitions:\(place.partition)"
                #expect(try await fixture.text("LINDEX", key, place.index) == event)
            }
        }
    }

    @Test("An error of Redis reaches each writer; the event of a cancelled writer is written")
    func refused() async throws {
        try await withFixture { fixture in
            let partition = try await fixture.store.currentPartition()
            for minute in 0...1 {
                _ = try await fixture.redis.send("SET", "eventr:partitions:\(partition + minute)", "x")
            }
            let producer = fixture.producer
            let refused = await withTaskGroup { tasks in
                for number in 0..<10 {
                    tasks.addTask(executorPreference: LoopExecutor(fixture.redis.eventLoop)) { () -> String? in
                        do throws(RedisError) {
                            _ = try await producer.write(json: numbered(number))
                            return nil
                        } catch { return error.reply?.code }
                    }
                }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(refused == Array(repeating: "WRONGTYPE", count: 10))
            for minute in 0...1 { _ = try await fixture.redis.send("DEL", "eventr:partitions:\(partition + minute)") }
            let task = Task(executorPreference: LoopExecutor(fixture.redis.eventLoop)) {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return try await producer.write(json: numbered(11))
            }
            let place = try await task.value
            #expect(
                try await fixture.text("LINDEX", "eventr:partitions:\(place.partition)", place.index) == numbered(11))
        }
    }
}
