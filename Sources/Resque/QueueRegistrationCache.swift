import BgdemoFoundations
import RedisClient
import Synchronization

/// The commands that register a queue, `SADD resque:queues <queue>`, each encoded once: one goes with every job that is
/// pushed, because a program may have removed the queue meanwhile.
final class QueueRegistrationCache: Sendable {
    /// A program has few queues with short names; others are encoded each time.
    private static let bound = 256
    private static let longestName = 256
    private let known = Mutex<[ByteString: RedisCommand]>([:])

    func command(for queue: String, _ keys: ResqueKeys) -> RedisCommand {
        known.withLock { known in
            let name = ByteString(queue)
            if let command = known[name] { return command }
            let command: RedisCommand = ["SADD", keys.queues, queue]
            if known.count < Self.bound, name.count <= Self.longestName { known[name] = command }
            return command
        }
    }
}
