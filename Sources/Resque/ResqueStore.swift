import RedisClient

/// Redis, and the keys that the library has there.
struct ResqueStore: Sendable {
    let redis: any RedisCommands
    let keys: ResqueKeys
    private let queueRegistrations = QueueRegistrationCache()

    init(redis: any RedisCommands, keys: ResqueKeys) {
        self.redis = redis
        self.keys = keys
    }

    func send(_ words: any RedisArgument...) async throws -> RedisValue {
        try await redis.send(RedisCommand(words))
    }

    func send(_ words: [any RedisArgument]) async throws -> RedisValue {
        try await redis.send(RedisCommand(words))
    }

    func run(_ script: RedisScript, keys: [String], _ arguments: [any RedisArgument]) async throws -> RedisValue {
        try await redis.run(script, keys: keys, arguments: arguments)
    }

    /// Pushes jobs to the end of a queue.
    func push(_ jobs: [[UInt8]], to queue: String) async throws {
        _ = try await redis.send(
            RedisCommand(["RPUSH", keys.queue(queue)] + jobs), after: queueRegistrations.command(for: queue, keys))
    }

    /// Pushes a job to its queue later; see ``ResqueScripts/delay``.
    func delay(_ job: Job, _ word: String, _ number: Int) async throws {
        _ = try await run(ResqueScripts.delay, keys: [], [keys.prefix, job.delayed, word, number])
    }
}

extension RedisValue {
    /// The elements of an array.
    subscript(place: Int) -> RedisValue? {
        guard let array, array.indices.contains(place) else { return nil }
        return array[place]
    }

    /// The strings of an array, as text.
    var texts: [String] { array?.compactMap(\.text) ?? [] }

    /// The strings of an array, as they are.
    var list: [[UInt8]] { array?.compactMap(\.bytes) ?? [] }
}
