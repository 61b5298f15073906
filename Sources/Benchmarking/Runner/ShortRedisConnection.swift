import Logging
import NIOPosix
import RedisClient

/// A connection to a Redis for a few commands.
enum ShortRedisConnection {
    /// - Throws: `RedisError` where the URL is none, and what `body` throws.
    static func open<Result>(_ url: String, _ body: (RedisConnection) async throws -> Result) async throws -> Result {
        let redis = RedisConnection(
            try RedisURL(url), on: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() })
        defer { redis.close() }
        return try await body(redis)
    }
}
