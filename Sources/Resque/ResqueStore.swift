import RedisClient

/// The Redis, and the keys that the library has there. All functions throw ``ResqueError``.
final class ResqueStore: Sendable {
    let redis: any RedisCommands
    let keys: ResqueKeys
    private let writers: QueueWriters

    init(redis: any RedisCommands, keys: ResqueKeys) {
        self.redis = redis
        self.keys = keys
        writers = QueueWriters(redis, keys)
    }

    func send(_ words: any RedisArgument...) async throws(ResqueError) -> RedisValue { try await send(words) }

    func send(_ words: [any RedisArgument]) async throws(ResqueError) -> RedisValue {
        do throws(RedisError) {
            return try await redis.send(RedisCommand(words))
        } catch {
            throw ResqueError(error)
        }
    }

    func pipeline(_ commands: [RedisCommand]) async throws(ResqueError) -> [RedisValue] {
        do throws(RedisError) {
            return try await redis.pipeline(commands)
        } catch {
            throw ResqueError(error)
        }
    }

    func run(
        _ script: RedisScript, keys: [String], _ arguments: [any RedisArgument]
    ) async throws(ResqueError) -> RedisValue {
        do throws(RedisError) {
            return try await redis.run(script, keys: keys, arguments: arguments)
        } catch {
            throw ResqueError(error)
        }
    }

    func run(
        _ script: RedisScript, keyCount: Int, argumentCount: Int, _ write: (inout RedisArguments) -> Void
    ) async throws(ResqueError) -> RedisValue {
        do throws(RedisError) {
            return try await redis.run(script, keyCount: keyCount, argumentCount: argumentCount, write)
        } catch {
            throw ResqueError(error)
        }
    }

    /// Pushes a job to the end of a queue.
    func push(_ job: Job) async throws(ResqueError) {
        do throws(RedisError) {
            guard !Task.isCancelled else { throw .cancelled(mayHaveRun: false) }
            try await writers.push(job)
        } catch {
            throw ResqueError(error)
        }
    }

    /// Sends commands in one round trip.
    ///
    /// - Throws: Also where Redis refuses one of them.
    @discardableResult
    func pipelineOfAll(_ commands: [RedisCommand]) async throws(ResqueError) -> [RedisValue] {
        do throws(RedisError) {
            let replies = try await redis.pipeline(commands)
            for reply in replies { _ = try reply.get() }
            return replies
        } catch {
            throw ResqueError(error)
        }
    }

    /// Pushes jobs to their queues later; see ``ResqueScripts/delay``.
    func delay(_ jobs: [Job], _ word: String, _ number: Int) async throws(ResqueError) {
        guard !jobs.isEmpty else { return }
        _ = try await run(
            ResqueScripts.delay, keys: [keys.schedule], [keys.prefix, word, number] + jobs.map(\.delayed))
    }
}

extension RedisValue {
    /// The element of an array at this place.
    subscript(place: Int) -> RedisValue? {
        guard let array, array.indices.contains(place) else { return nil }
        return array[place]
    }

    /// The strings of an array, as text.
    var texts: [String] { array?.compactMap(\.text) ?? [] }

    /// The strings of an array, as bytes.
    var list: [[UInt8]] { array?.compactMap(\.bytes) ?? [] }
}

extension Int {
    /// The whole number nearest to this one, which Redis or a clock gave: whatever it is, this does not trap.
    init(saturating number: Double) {
        self = number.isNaN ? 0 : Int(Swift.max(-9e18, Swift.min(number, 9e18)))
    }
}

extension Sequence<String> {
    /// In the order of their bytes. They come from other programs: to compare them as text may take long.
    func sortedByBytes() -> [String] { sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}
