import RedisClient
import Subprocess

extension Fault {
    /// Redis is killed and restarted with its append-only file, loses its connections, or is suspended.
    static let ofRedis = [
        Fault("redis-killed", "Redis killed and restarted", applies: { $0.needsRedis && $0.external == nil }) {
            running, didInject in
            try running.redis?.signal(.kill)
            didInject()
            try await running.redis?.restart()
        },
        Fault("redis-cut", "connections to Redis cut", applies: { $0.needsRedis }) { running, didInject in
            try await running.cutRedisConnections()
            didInject()
        },
        Fault("redis-silent", "Redis silent for 5 s", seconds: 7, applies: { $0.needsRedis }) { running, didInject in
            guard let redis = running.redis else {
                // The server of an external service is not ours to stop: it answers no client for this time.
                try await running.withRedis { _ = try await $0.send("CLIENT", "PAUSE", 5000, "ALL") }
                didInject()
                return try await running.pause(.seconds(5))
            }
            try redis.signal(.suspend)
            didInject()
            try await running.pause(.seconds(5))
            try redis.signal(.resume)
        },
    ]
}

extension RunningSubject {
    /// Closes the connections of all clients, subscribers too.
    package func cutRedisConnections() async throws {
        try await withRedis { redis in
            for type in ["normal", "pubsub"] { _ = try await redis.send("CLIENT", "KILL", "TYPE", type) }
        }
    }

    /// Does nothing if the subject has no Redis.
    fileprivate func withRedis(_ body: (RedisConnection) async throws -> Void) async throws {
        guard let redisURL else { return }
        try await ShortRedisConnection.open(redisURL, body)
    }
}
