public import Logging
public import NIOCore
public import RedisClient

/// The Redis that a strategy uses.
public struct RedisEndpoint: Sendable, CustomStringConvertible {
    public let url: RedisURL
    public let options: RedisOptions
    /// The URL without its password, and whose server it is.
    public let description: String

    public init(_ url: RedisURL, options: RedisOptions, description: String) {
        (self.url, self.options, self.description) = (url, options, description)
    }

    /// Connects: one connection for each event loop; for a Cluster, one to each node for each event loop.
    public func connect(
        isCluster: Bool, _ group: any EventLoopGroup, logger: Logger
    ) -> any RedisCommands {
        guard isCluster else { return connect(group, logger: logger) }
        // Each node is logged by itself.
        var options = options
        options.outageLogger = nil
        return RedisCluster(url, on: group, options: options, logger: logger)
    }

    /// Connects: one connection for each event loop.
    ///
    /// - Parameters:
    ///   - key: On a Cluster, the key whose node to connect to. Default: any node.
    ///   - roleCheckInterval: How often it is checked that the server is a primary. Default: as the options say.
    public func connect(
        _ group: any EventLoopGroup, to key: String? = nil, logger: Logger, roleCheckInterval: Duration? = nil
    ) -> RedisConnectionPool {
        var options = options
        options.roleCheckInterval = roleCheckInterval ?? options.roleCheckInterval
        return RedisConnectionPool(key.map(url.node) ?? url, on: group, options: options, logger: logger)
    }
}

extension RedisCommands {
    /// Warns where Redis keeps no append-only file: by default it does not, and forgets when it ends.
    ///
    /// - Parameter content: What it forgets, such as "jobs".
    public func warnWithoutAppendOnlyFile(_ content: String, _ logger: Logger) async {
        let kept = try? await send("CONFIG", "GET", "appendonly").array?.last?.bytes
        guard kept == Array("no".utf8) else { return }
        logger.warning(
            "This Redis keeps no append-only file: when it ends it forgets its \(content); redis-server --appendonly yes"
        )
    }
}
