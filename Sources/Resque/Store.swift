import Redis

/// Redis, and the keys that the library has there.
struct Store: Sendable {
    let redis: any RedisCommands
    let keys: Keys
    private let announcements = Announcements()

    init(redis: any RedisCommands, keys: Keys) {
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
            RedisCommand(["RPUSH", keys.queue(queue)] + jobs), after: announcements.command(for: queue, keys))
    }

    /// Pushes a job to its queue later; see ``Scripts/delay``.
    func delay(_ job: Job, _ word: String, _ number: Int) async throws {
        _ = try await run(Scripts.delay, keys: [], [keys.prefix, job.delayed, word, number])
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
