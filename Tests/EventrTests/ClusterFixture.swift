import BgdemoTestSupport
import Logging
import NIOPosix
import RedisClient
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
        let url = try RedisURL("redis+cluster://" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ","))
        fixture = EventrFixture(server: servers[0], url: url, redis: nodes[0], logger: logger)
    }
}

func withCluster(
    replicas: Int = 0, nodeTimeout: Int = 5000,
    _ body: @Sendable @escaping (ClusterFixture, RedisCluster) async throws -> Void
) async throws {
    try await withRedisClusterServers(replicas: replicas, nodeTimeout: nodeTimeout) { servers in
        let cluster = try ClusterFixture(servers)
        let redis = RedisCluster(
            cluster.fixture.url, on: MultiThreadedEventLoopGroup.singleton, logger: cluster.fixture.logger)
        try await body(cluster, redis)
        await redis.close()
    }
}
