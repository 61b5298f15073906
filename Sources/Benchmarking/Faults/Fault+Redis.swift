import Logging
import NIOPosix
import RedisClient
import Subprocess

extension Fault {
    /// Redis is killed and restarted with its append-only file, loses its connections, or is suspended.
    static let ofRedis = [
        Fault("redis-killed", "Redis killed and restarted", applies: { $0.needsRedis }) { running, didInject in
            try running.redis?.signal(.kill)
            didInject()
            try await running.redis?.restart()
        },
        Fault("redis-cut", "connections to Redis cut", applies: { $0.needsRedis }) { running, didInject in
            try await running.redis?.cutConnections()
            didInject()
        },
        Fault("redis-silent", "Redis silent for 5 s", seconds: 7, applies: { $0.needsRedis }) { running, didInject in
            try running.redis?.signal(.suspend)
            didInject()
            try await running.pause(.seconds(5))
            try running.redis?.signal(.resume)
        },
    ]
}

extension TestRedis {
    /// Closes the connections of all clients, subscribers too.
    fileprivate func cutConnections() async throws {
        let redis = RedisConnection(
            try RedisURL(url), on: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() })
        defer { redis.close() }
        for type in ["normal", "pubsub"] { _ = try await redis.send("CLIENT", "KILL", "TYPE", type) }
    }
}
