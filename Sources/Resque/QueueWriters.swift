import BgdemoFoundations
import RedisClient
import Synchronization

/// What pushes jobs to the end of each queue: those of one tick of an event loop go in one `RPUSH`. With it goes
/// `SADD resque:queues <queue>`, because a program may have removed the queue meanwhile.
final class QueueWriters: Sendable {
    private struct State {
        var known: [ByteString: WriteBatcher] = [:]
        /// The one that was used last: most jobs of a program go to one queue.
        var last: (queue: String, writer: WriteBatcher)?
    }

    /// A program has few queues with short names; others have a writer for each push.
    private static let bound = 256
    private static let longestName = 256

    private let redis: any RedisCommands
    private let keys: ResqueKeys
    private let state = Mutex(State())

    init(_ redis: any RedisCommands, _ keys: ResqueKeys) {
        (self.redis, self.keys) = (redis, keys)
    }

    /// Pushes a job to the end of its queue.
    func push(_ job: Job) async throws(RedisError) {
        _ = try await writer(for: job.queue).add(job.bytes, size: job.bytes.count)
    }

    private func writer(for queue: String) -> WriteBatcher {
        state.withLock { state in
            if let last = state.last, last.queue.hasSameBytes(as: queue) { return last.writer }
            let name = ByteString(queue)
            let writer = state.known[name] ?? makeWriter(for: queue)
            if state.known.count < Self.bound, name.count <= Self.longestName {
                state.known[name] = writer
                state.last = (queue, writer)
            }
            return writer
        }
    }

    private func makeWriter(for queue: String) -> WriteBatcher {
        let (key, registration) = (keys.queue(queue), ["SADD", keys.queues, queue] as RedisCommand)
        return WriteBatcher { [redis] jobs throws(RedisError) in
            _ = try await redis.send(RedisCommand(["RPUSH", key] + jobs), after: registration)
            // Nobody asks for the place of a job.
            return WriteBatcher.Place(index: 0)
        }
    }
}
