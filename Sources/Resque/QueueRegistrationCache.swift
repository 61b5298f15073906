import RedisClient
import Synchronization

/// The commands that register a queue, `SADD resque:queues <queue>`, each encoded once: one goes with every job that is
/// pushed, because a program may have removed the queue meanwhile.
final class QueueRegistrationCache: Sendable {
    /// A program has few queues; further names are encoded each time.
    private static let bound = 256
    private let known = Mutex<[String: RedisCommand]>([:])

    func command(for queue: String, _ keys: ResqueKeys) -> RedisCommand {
        known.withLock { known in
            if let command = known[queue] { return command }
            let command: RedisCommand = ["SADD", keys.queues, queue]
            if known.count < Self.bound { known[queue] = command }
            return command
        }
    }
}
