import BgdemoCore
import BgdemoPrivateRedis
import Logging
import NIOPosix
import RedisClient

/// Finds the Redis to use: the one that is named, the one on the usual port, or a private one of this user, which runs at
/// least as long as this object exists.
final class RedisConnector: Sendable {
    let endpoint: RedisEndpoint
    private let handle: PrivateRedisHandle?

    private init(_ endpoint: RedisEndpoint, _ handle: PrivateRedisHandle?) {
        self.endpoint = endpoint
        self.handle = handle
    }

    static func find(
        _ arguments: RedisArguments, _ environment: EnvironmentVariables, logger: Logger
    ) async throws -> RedisConnector {
        var options = try arguments.options(environment)
        if let url = try arguments.url(environment) {
            options.outageLogger = OutageLogger(url, logger)
            return RedisConnector(RedisEndpoint(url, options: options, description: "\(url)"), nil)
        }
        let (url, handle) = try await PrivateRedis.find(environment.variables, logger: logger)
        options.outageLogger = OutageLogger(url, logger)
        let description = handle == nil ? "\(url)" : "\(url) (private, kept in an append-only file)"
        return RedisConnector(RedisEndpoint(url, options: options, description: description), handle)
    }
}

extension RedisArguments {
    /// Connects for one command.
    ///
    /// - Parameter body: Gets the connection to where the keys are, and their namespace.
    func visit(
        _ keys: NamespaceOptions, _ body: (RedisConnectionPool, _ namespace: String) async throws -> Void
    ) async throws {
        if let passwordWarning { CurrentProcess.printError("Warning: \(passwordWarning)") }
        let connector = try await RedisConnector.find(self, .process, logger: .silent)
        defer { withExtendedLifetime(connector) {} }
        let namespace = try keys.namespace(.process, on: connector.endpoint.url)
        let redis = connector.endpoint.connect(
            MultiThreadedEventLoopGroup.singleton, to: namespace + ":", logger: .silent)
        defer { redis.close() }
        try await body(redis, namespace)
    }
}
