import Logging
import NIOPosix
import RedisClient
import Subprocess
import BgdemoOriginal2016
import BgdemoTestSupport
import Testing

@testable import Eventr

/// A real Cluster on loopback.
@Suite(.timeLimit(.minutes(2)))
struct ClusterTests {
    private let options = {
        var options = EventLogOptions()
        options.isCluster = true
        return options
    }()

    @Test("On a Cluster the partitions are spread over the nodes, and every operation works as on one server")
    func everything() async throws {
        try await withCluster { cluster, redis in
            let store = EventStore(redis: redis, options: options)
            for partition in 100..<130 {
                _ = try await store.send("ZADD", store.keys.partitions, partition, partition)
                for number in 0..<10 {
                    _ = try await store.send(
                        "RPUSH", store.keys.partition(partition), numbered(partition * 10 + number))
                }
            }
            for node in cluster.nodes {
                #expect(try await node.send("KEYS", "eventr:partitions:{*").array?.isEmpty == false)
            }
            let place = try await Producer(name: "webApp", redis: redis, options: options).write(json: numbered(1300))
            #expect(place.index == 0)

            let seen = Watched<[Int]>([])
            let failures = Watched(0)
            let handler = EventHandler("h") { event in
                let number = try event.decode(Number.self).number
                if number == 1005,
                    failures.change({
                        $0 += 1; return $0
                    }) < 3
                {
                    throw HandlerFailure()
                }
                seen.change { $0.append(number) }
            }
            let bad = EventHandler("bad", isRetryable: { _ in false }) { event in
                if try event.decode(Number.self).number == 1006 { throw HandlerFailure() }
            }
            var quick = ConsumerOptions.quick
            quick.log = options
            try await cluster.fixture.withConsumer([handler, bad], quick) {
                try await seen.wait { $0.count == 301 }
                try await Producer(name: "webApp", redis: redis, options: options).write(json: numbered(1301))
                try await seen.wait { $0.count == 302 }
            }
            #expect(seen.value.sorted() == Array(1000..<1302))
            #expect(failures.value == 3)
            let log = EventLog(store)
            #expect(try await log.dead(of: "myApp").count == 1)
            #expect(try await log.consumers().map(\.lag) == [0])
            #expect(try await log.replay("again", from: .partition(120)).events == 102)
            #expect(try await log.trim(olderThan: .seconds(3600)).partitions == 20)
            var reader = try await EventLogReader(log, from: .beginning)
            #expect(try await reader.read().first?.place == Event.Place(partition: 120, index: 0))
        }
    }

    @Test("A Cluster refuses the talk's script, which does not declare its keys")
    func undeclared() async throws {
        try await withCluster { _, redis in
            let errors = Watched<[String]>([])
            for partition in 100..<110 {
                do {
                    _ = try await redis.run(
                        OriginalConsumer.getAndIncrement, keys: [], arguments: ["myApp", partition])
                } catch {
                    errors.change { $0.append("\(error)") }
                }
            }
            #expect(errors.value.contains { $0.contains("non local key") })
        }
    }

    @Test("Commands follow a slot that has moved, and a slot that is being moved")
    func moved() async throws {
        try await withCluster { cluster, redis in
            _ = try await redis.send("SET", "{a}", "1")
            let slot = try await redis.send("CLUSTER", "KEYSLOT", "{a}b").int ?? 0
            var ids: [String] = []
            var owner: Int?
            for (number, node) in cluster.nodes.enumerated() {
                ids.append(try await node.send("CLUSTER", "MYID").text ?? "")
                if (try? await node.send("GET", "{a}")) != nil { owner = number }
            }
            let from = try #require(owner, "no node has the slot")
            let to = (from + 1) % 3
            _ = try await redis.send("DEL", "{a}")
            _ = try await cluster.nodes[to].send("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from])
            _ = try await cluster.nodes[from].send("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to])
            _ = try await redis.send("SET", "{a}b", "asked")
            for node in [to, from, (from + 2) % 3] {
                _ = try await cluster.nodes[node].send("CLUSTER", "SETSLOT", slot, "NODE", ids[to])
            }
            #expect(try await redis.send("GET", "{a}b").text == "asked")
            #expect(
                try await redis.pipeline([["GET", "{a}b"], ["SET", "x", "y"], ["GET", "{a}c"]]).map(\.text) == [
                    "asked", "OK", nil,
                ])
        }
    }

    @Test("A consumer finds what is written to old partitions of a master that has died")
    func deadMaster() async throws {
        try await withCluster(replicas: 1, nodeTimeout: 1000) { cluster, redis in
            let store = EventStore(redis: redis, options: options)
            // Without notifications, in partitions of all nodes.
            @Sendable func write(_ numbers: Range<Int>) async throws {
                for number in numbers {
                    let partition = 100 + number % 30
                    try await retried { _ = try await store.send("ZADD", store.keys.partitions, partition, partition) }
                    try await retried {
                        _ = try await store.send("RPUSH", store.keys.partition(partition), numbered(number))
                    }
                }
            }
            let handled = Watched<Set<Int>>([])
            let handler = EventHandler("h") { event in
                let number = try event.decode(Number.self).number
                handled.change { _ = $0.insert(number) }
            }
            var quick = ConsumerOptions.quick
            quick.log = options
            // The second master has no key of this consumer but those of partitions: nothing else shows that it is dead.
            try await cluster.fixture.withConsumer([handler], quick, named: "reader") {
                try await write(0..<30)
                try await handled.wait { $0.count == 30 }
                while try await EventLog(store).consumers().first?.lag != 0 {
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await cluster.servers[1].end()
                try await write(30..<60)
                try await handled.wait { $0.count == 60 }
            }
        }
    }

    private func retried(_ request: () async throws -> Void) async throws {
        while true {
            do {
                return try await request()
            } catch let error as RedisError where error.isRetryable {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test("On six nodes, events are handled while a master dies and a slot moves", .timeLimit(.minutes(3)))
    func failover() async throws {
        try await withCluster(replicas: 1, nodeTimeout: 1000) { cluster, redis in
            let written = Watched<[Int: ContinuousClock.Instant]>([:])
            let isDone = Watched(false)
            let handled = Watched<Set<Int>>([])
            let handler = EventHandler("h") { event in
                let number = try event.decode(Number.self).number
                handled.change { _ = $0.insert(number) }
            }
            var quick = ConsumerOptions.quick
            quick.log = options
            quick.log.partitionSeconds = 1
            let log = quick.log
            let producer = Producer(name: "webApp", redis: redis, options: log)
            try await cluster.fixture.withConsumer([handler], quick) {
                let writing = Task {
                    var number = 0
                    while !isDone.value {
                        if (try? await producer.write(json: numbered(number))) != nil {
                            written.change { [number] in $0[number] = .now }
                        }
                        number += 1
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
                try await written.wait { $0.count >= 300 }
                try await moveSlot(of: "eventr:partitions", among: Array(cluster.servers.prefix(3)))
                let count = written.value.count
                try await written.wait { $0.count >= count + 300 }
                let killed = ContinuousClock.now
                // The node that both were told of first.
                try await cluster.servers[0].end()
                // Events of all partitions are written again: each partition of a second is in another slot.
                try await written.wait { $0.values.contains { $0 > killed + .seconds(8) } }
                isDone.change { $0 = true }
                _ = try? await writing.value
                // Replication is asynchronous: a master may take events of its last moment with it.
                let kept = written.value.filter {
                    !(killed - .milliseconds(300)...killed + .milliseconds(50)).contains($0.value)
                }
                try await handled.wait { Set(kept.keys).isSubset(of: $0) }
            }
        }
    }
}
