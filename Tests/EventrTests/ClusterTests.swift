import Logging
import NIOPosix
import RedisClient
import Subprocess
import BgdemoTestSupport
import Testing

@testable import Eventr

/// A real Cluster of three nodes on loopback.
@Suite(.timeLimit(.minutes(2)))
struct ClusterTests {
    private let options = {
        var options = EventLogOptions()
        options.isCluster = true
        return options
    }()

    @Test("On a Cluster the partitions are spread over the nodes, and everything works that works on one")
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

    @Test("The talk's script is refused there: it does not say which keys it touches")
    func undeclared() async throws {
        try await withCluster { _, redis in
            let errors = Watched<[String]>([])
            for partition in 100..<110 {
                do {
                    _ = try await redis.run(TalkConsumer.getAndIncrement, keys: [], arguments: ["myApp", partition])
                } catch {
                    errors.change { $0.append("\(error)") }
                }
            }
            #expect(errors.value.contains { $0.contains("non local key") })
        }
    }

    @Test("A slot that moves is followed, and one that is on its way is asked for where it is")
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

    private func withCluster(_ body: @Sendable @escaping (Cluster, RedisCluster) async throws -> Void) async throws {
        let arguments = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]
        try await withNode(arguments) { one in
            try await withNode(arguments) { two in
                try await withNode(arguments) { three in
                    let servers = [one, two, three]
                    let created = try await run(
                        .name("redis-cli"),
                        arguments: Arguments(
                            ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" } + ["--cluster-yes"]),
                        output: .string(limit: 1 << 20), error: .combinedWithOutput)
                    try #require(created.terminationStatus.isSuccess, "\(created.standardOutput)")
                    let cluster = try Cluster(servers)
                    for node in cluster.nodes {
                        while try await node.send("CLUSTER", "INFO").text?.contains("cluster_state:ok") != true {
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                    let redis = RedisCluster(
                        cluster.fixture.url, on: MultiThreadedEventLoopGroup.singleton, logger: cluster.fixture.logger)
                    try await body(cluster, redis)
                    redis.close()
                }
            }
        }
    }

    /// A server whose second port, 10,000 above the first, is one.
    private func withNode(_ arguments: [String], _ body: (RedisServer) async throws -> Void) async throws {
        for _ in 0..<20 {
            do {
                return try await withRedisServer(arguments, onPort: true, body)
            } catch let error as RedisServer.Failure where error.description.contains("ort") {}
        }
        throw NoPorts()
    }
}

private struct Cluster: Sendable {
    /// As its first node has it.
    let fixture: EventrFixture
    let nodes: [RedisConnection]

    init(_ servers: [RedisServer]) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        nodes = try servers.map {
            RedisConnection(
                try RedisURL("redis://127.0.0.1:\($0.port)"), on: MultiThreadedEventLoopGroup.singleton.any(),
                logger: logger)
        }
        fixture = EventrFixture(server: servers[0], url: nodes[0].url, redis: nodes[0], logger: logger)
    }
}

private struct NoPorts: Error, CustomStringConvertible {
    let description = "no two free ports, one 10,000 above the other, for a node of a Cluster"
}
