import BgdemoTestSupport
import Logging
import NIOPosix
import RedisClient
import Subprocess
import Testing

@testable import Eventr

/// A Redis Cluster on loopback: three masters, and as many replicas of each as a test wants.
struct ClusterFixture: Sendable {
    /// A fixture whose server is the first node.
    let fixture: EventrFixture
    /// The masters first.
    let servers: [RedisServer]
    let nodes: [RedisConnection]

    init(_ servers: [RedisServer]) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.servers = servers
        nodes = try servers.map {
            RedisConnection(
                try RedisURL("redis://127.0.0.1:\($0.port)"), on: MultiThreadedEventLoopGroup.singleton.any(),
                logger: logger)
        }
        fixture = EventrFixture(server: servers[0], url: nodes[0].url, redis: nodes[0], logger: logger)
    }
}

func withCluster(
    replicas: Int = 0, nodeTimeout: Int = 5000,
    _ body: @Sendable @escaping (ClusterFixture, RedisCluster) async throws -> Void
) async throws {
    let arguments = ["--cluster-enabled", "yes", "--cluster-node-timeout", "\(nodeTimeout)"]
    try await withNodes(3 * (1 + replicas), arguments) { servers in
        let created = try await run(
            .name("redis-cli"),
            arguments: Arguments(
                ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" }
                    + ["--cluster-replicas", "\(replicas)", "--cluster-yes"]),
            output: .string(limit: 1 << 20), error: .combinedWithOutput)
        try #require(created.terminationStatus.isSuccess, "\(created.standardOutput)")
        let cluster = try ClusterFixture(servers)
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

private func withNodes(
    _ count: Int, _ arguments: [String], _ servers: [RedisServer] = [],
    _ body: @Sendable @escaping ([RedisServer]) async throws -> Void
) async throws {
    guard count > 0 else { return try await body(servers) }
    try await withNode(arguments) { server in
        try await withNodes(count - 1, arguments, servers + [server], body)
    }
}

/// A server whose second port, 10,000 above the first, is free too.
private func withNode(_ arguments: [String], _ body: (RedisServer) async throws -> Void) async throws {
    for _ in 0..<20 {
        do {
            return try await withRedisServer(arguments, onPort: true, body)
        } catch let error as RedisServer.Failure where error.description.contains("ort") {}
    }
    throw NoPorts()
}

private struct NoPorts: Error, CustomStringConvertible {
    let description = "no two free ports, one 10,000 above the other, for a node of a Cluster"
}
