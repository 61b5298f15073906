import RedisClient
import BgdemoFoundations
import BgdemoTestSupport
import Testing

@testable import Eventr

/// The scripts for taking and acknowledging, in every order of taking, acknowledging, dying and coming back late.
@Suite(.timeLimit(.minutes(3)))
struct EventLeaseTests {
    private let patient = ConsumerOptions.quick {
        $0.batch = 3
        $0.lease = .seconds(3600)
    }

    @Test("A process that comes back after its lease was taken over changes nothing")
    func fenced() async throws {
        try await withFixture { fixture in
            let store = fixture.store
            try await fixture.write(0..<6, to: 100)
            let late = try #require(
                try await store.take(
                    from: 100, for: "c", token: "late",
                    .quick {
                        $0.batch = 3; $0.lease = .milliseconds(1)
                    }
                ).lease)
            try await Task.sleep(for: .milliseconds(5))
            let heir = try #require(try await store.take(from: 100, for: "c", token: "heir", patient).lease)
            #expect(heir.deaths == 1 && heir.events == late.events)
            for event in late.events { late.didHandle(event) }
            #expect(try await store.acknowledge(late, of: "c", keepingRestFor: .zero) == false)
            #expect(try await fixture.text("HGET", "eventr:counters:100", "c") == nil)
            for event in heir.events { heir.didHandle(event) }
            #expect(try await store.acknowledge(heir, of: "c", keepingRestFor: .zero))
            #expect(try await fixture.text("HGET", "eventr:counters:100", "c") == "3")
        }
    }

    @Test("A repeated request with the same token, as after a lost reply, returns the same events")
    func repeated() async throws {
        try await withFixture { fixture in
            try await fixture.write(0..<6, to: 100)
            let one = try await fixture.store.take(from: 100, for: "c", token: "t", patient).lease
            let two = try await fixture.store.take(from: 100, for: "c", token: "t", patient).lease
            #expect(one?.events.count == 3 && one?.events == two?.events)
        }
    }

    @Test("However many events are requested, at most 1 MiB is taken, or one larger event")
    func large() async throws {
        try await withFixture { fixture in
            for size in [400_000, 400_000, 400_000, 3_000_000, 10, 10] {
                try await fixture.write(String(repeating: "x", count: size), to: 100)
            }
            var taken: [Int] = []
            for token in ["a", "b", "c"] {
                taken.append(
                    try await fixture.store.take(from: 100, for: "c", token: token, .quick).lease?.events.count ?? 0)
            }
            #expect(taken == [2, 1, 1])
        }
    }

    @Test("Deleted events that are in hand do not stop the consumer")
    func deleted() async throws {
        try await withFixture { fixture in
            let brief = ConsumerOptions.quick { $0.lease = .milliseconds(1) }
            try await fixture.write(0..<10, to: 100)
            _ = try await fixture.store.take(from: 100, for: "myApp", token: "dead", brief)
            _ = try await fixture.redis.send("DEL", "eventr:partitions:100")
            try await fixture.write("anew", to: 100)
            let recorder = EventRecorder()
            try await fixture.withConsumer([recorder.handler()]) {
                try await recorder.seen.wait { $0 == ["anew"] }
                try await fixture.until("EXISTS", "eventr:leases:100:myApp", is: "0")
                try await fixture.write("next", to: 100)
                try await recorder.seen.wait { $0 == ["anew", "next"] }
            }
        }
    }

    @Test("A process that renews late does not take over its own lease, but another process does")
    func late() async throws {
        try await withFixture { fixture in
            let brief = ConsumerOptions.quick {
                $0.batch = 3
                $0.lease = .milliseconds(1)
            }
            try await fixture.write(0..<3, to: 100)
            _ = try await fixture.store.take(from: 100, for: "c", token: "one", brief)
            try await Task.sleep(for: .milliseconds(5))
            #expect(
                try await fixture.store.take(from: 100, for: "c", token: "two", holding: ["one"], brief).lease == nil)
            #expect(
                try await fixture.store.take(from: 100, for: "c", token: "three", holding: ["four"], brief).lease != nil
            )
        }
    }

    @Test("The counter passes only events that are done without a gap")
    func contiguous() async throws {
        try await withFixture { fixture in
            let store = fixture.store
            try await fixture.write(0..<9, to: 100)
            var leases: [EventLease] = []
            for token in ["a", "b", "c"] {
                leases.append(try #require(try await store.take(from: 100, for: "c", token: token, patient).lease))
            }
            func finish(_ lease: EventLease) async throws -> String? {
                for event in lease.events { lease.didHandle(event) }
                #expect(try await store.acknowledge(lease, of: "c", keepingRestFor: .zero))
                return try await fixture.text("HGET", "eventr:counters:100", "c")
            }
            #expect(try await finish(leases[1]) == "0")
            #expect(try await finish(leases[0]) == "6")
            #expect(try await finish(leases[2]) == "9")
            #expect(try await fixture.text("EXISTS", "eventr:leases:100:c") == "0")
        }
    }

    @Test(
        "In any order of steps every event is done, and the counter never passes an event that is not",
        arguments: 1...8)
    func anyOrder(seed: UInt64) async throws {
        try await withFixture { fixture in
            var generator = SeededRandom(seed: seed)
            let store = fixture.store
            var (written, token) = (0, 0)
            var done: Set<Int> = []
            var inHand: [EventLease] = []
            while done.count < 60 || written < 60 {
                switch Int.random(in: 0..<5, using: &generator) {
                case 0 where written < 60:
                    let count = Int.random(in: 1...7, using: &generator)
                    try await fixture.write(written..<min(60, written + count), to: 100)
                    written = min(60, written + count)
                case 1, 2:
                    token += 1
                    var options = ConsumerOptions.quick
                    options.batch = Int.random(in: 1...8, using: &generator)
                    options.lease = .milliseconds(Int.random(in: 1...10, using: &generator))
                    if let lease = try await store.take(from: 100, for: "c", token: "\(token)", options).lease {
                        inHand.append(lease)
                    }
                case 3 where !inHand.isEmpty:
                    let lease = inHand.remove(at: Int.random(in: inHand.indices, using: &generator))
                    let events = lease.events.prefix(Int.random(in: 0...lease.events.count, using: &generator))
                    for event in events { lease.didHandle(event) }
                    let keeps: Duration = Bool.random(using: &generator) ? .zero : .milliseconds(1)
                    // What was not acknowledged may have been done all the same: it is done again.
                    if try await store.acknowledge(lease, of: "c", keepingRestFor: keeps) {
                        done.formUnion(events.map(\.place.index))
                    }
                case 4 where !inHand.isEmpty:
                    // Its process dies.
                    inHand.remove(at: Int.random(in: inHand.indices, using: &generator))
                default: break
                }
                let counter = try await fixture.redis.send("HGET", "eventr:counters:100", "c").int ?? 0
                #expect(Set(0..<counter).isSubset(of: done), "seed \(seed): the counter is \(counter)")
            }
            #expect(done == Set(0..<60))
        }
    }
}
