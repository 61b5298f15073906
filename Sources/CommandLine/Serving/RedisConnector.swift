import BgdemoPrivateRedis
import Logging
import NIOCore
import NIOPosix
import RedisClient

/// The Redis that a strategy stands on: the one that was named, the one on its usual port, or the user's private one,
/// which runs at least as long as this is kept.
final class RedisConnector: Sendable {
    let url: RedisURL
    let options: RedisOptions
    private let handle: PrivateRedisHandle?

    private init(_ url: RedisURL, _ options: RedisOptions, _ handle: PrivateRedisHandle?) {
        self.url = url
        self.options = options
        self.handle = handle
    }

    static func find(_ flags: RedisArguments, _ environment: EnvironmentVariables, logger: Logger) async throws
        -> RedisConnector
    {
        let options = try flags.options(environment)
        if let url = try flags.url(environment) { return RedisConnector(url, options, nil) }
        let (url, handle) = try await PrivateRedis.find(environment.variables, logger: logger)
        return RedisConnector(url, options, handle)
    }

    /// For the first line: where, and whose.
    var description: String { handle == nil ? "\(url)" : "\(url) (private, kept in an append-only file)" }

    /// Whatever Redis it is: a Cluster has a connection to each node for each event loop.
    func connect(isCluster: Bool, _ group: any EventLoopGroup, logger: Logger) -> any RedisCommands {
        isCluster
            ? RedisCluster(url, on: group, options: options, logger: logger) : connect(group, logger: logger)
    }

    /// A connection for each event loop.
    func connect(
        _ group: any EventLoopGroup, logger: Logger, roleCheckInterval: Duration? = nil
    ) -> RedisConnectionPool {
        var options = options
        options.roleCheckInterval = roleCheckInterval
        return RedisConnectionPool(url, on: group, options: options, logger: logger)
    }
}

extension RedisCommands {
    /// Redis by its defaults keeps no append-only file, and whoever counts on it should know.
    func warnUnlessKept(_ what: String, _ logger: Logger) async {
        guard let kept = try? await send("CONFIG", "GET", "appendonly").array?.last?.text, kept == "no" else { return }
        logger.warning(
            "This Redis keeps no append-only file: when it ends it forgets its \(what); redis-server --appendonly yes")
    }
}

extension RedisArguments {
    /// Connects for one verb of the command line.
    func visit(_ body: (RedisConnectionPool) async throws -> Void) async throws {
        let connector = try await RedisConnector.find(self, .process, logger: .silent)
        defer { withExtendedLifetime(connector) {} }
        let redis = connector.connect(MultiThreadedEventLoopGroup.singleton, logger: .silent)
        defer { redis.close() }
        try await body(redis)
    }
}
