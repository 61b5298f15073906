import Foundation

/// A primary, two replicas and three Sentinels that watch them, on free ports of 127.0.0.1.
public struct RedisSentinels: Sendable {
    /// The first is the primary at the beginning.
    public let servers: [RedisServer]
    public let sentinels: [RedisServer]

    /// `redis+sentinel://…/mymaster/0`, with the Sentinels' password.
    public var url: String {
        let hosts = sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        return "redis+sentinel://\(hosts)/mymaster/0?sentinel-password=\(Self.password)"
    }

    private static let password = "between-us"

    fileprivate static func make(downAfter milliseconds: Int) async throws -> RedisSentinels {
        // Loopback has no delay worth the name, and the test waits for the replicas' first sync.
        let primary = RedisServer(["--repl-diskless-sync-delay", "0"], port: try await freePort())
        var servers = [primary]
        for _ in 0..<2 {
            servers.append(
                RedisServer(
                    ["--replicaof", "127.0.0.1 \(primary.port)", "--repl-diskless-sync-delay", "0"],
                    port: try await freePort()))
        }
        let configuration = """
            requirepass \(password)
            sentinel sentinel-pass \(password)
            sentinel monitor mymaster 127.0.0.1 \(primary.port) 2
            sentinel down-after-milliseconds mymaster \(milliseconds)
            sentinel failover-timeout mymaster 5000

            """
        var sentinels: [RedisServer] = []
        for _ in 0..<3 { sentinels.append(try RedisServer(sentinel: configuration, port: try await freePort())) }
        return RedisSentinels(servers: servers, sentinels: sentinels)
    }
}

/// Runs `body` with a primary, two replicas and three Sentinels, which end after it.
///
/// - Parameter downAfter: Milliseconds without an answer after which a Sentinel takes the primary for down.
public func withRedisSentinels(
    downAfter: Int = 1000, _ body: (RedisSentinels) async throws -> Void
) async throws {
    let group = try await RedisSentinels.make(downAfter: downAfter)
    let all = group.servers + group.sentinels
    let result: Result<Void, any Error>
    do {
        for server in all { try await server.start() }
        result = .success(try await body(group))
    } catch {
        result = .failure(error)
    }
    for server in all {
        try await server.end()
        try? FileManager.default.removeItem(atPath: server.folder)
    }
    try result.get()
}
