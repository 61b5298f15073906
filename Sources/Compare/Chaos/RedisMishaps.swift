import Logging
import NIOPosix
import Redis
import Subprocess

extension Mishap {
    /// Redis dies and is started again with what its append-only file has, loses its connections, or stands still.
    static let ofRedis = [
        Mishap("redis-killed", "Redis killed and started again", strikes: { $0.needsRedis }) { contestant, struck in
            try contestant.redis?.signal(.kill)
            struck()
            try await contestant.redis?.restart()
        },
        Mishap("redis-cut", "connections to Redis cut", strikes: { $0.needsRedis }) { contestant, struck in
            try await contestant.redis?.cutConnections()
            struck()
        },
        Mishap("redis-silent", "Redis silent for 5 s", seconds: 7, strikes: { $0.needsRedis }) { contestant, struck in
            try contestant.redis?.signal(.suspend)
            struck()
            try await contestant.pause(.seconds(5))
            try contestant.redis?.signal(.resume)
        },
    ]
}

extension OwnRedis {
    /// Of all clients, subscribers too.
    fileprivate func cutConnections() async throws {
        let redis = RedisConnection(
            try RedisURL(url), on: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() })
        defer { redis.close() }
        for type in ["normal", "pubsub"] { _ = try await redis.send("CLIENT", "KILL", "TYPE", type) }
    }
}
