import Synchronization

/// The partitions in which there may be events for the consumer.
///
/// A list of work and no cursor: the consumer never leaves a partition for good, so nothing can be written behind it.
final class PendingPartitions: Sendable {
    /// By partition, how often it was said to have events.
    private let partitions = Mutex<[Int: Int]>([:])

    func add(_ partition: Int) { partitions.withLock { $0[partition, default: 0] += 1 } }

    /// The oldest, and what ``remove(_:seen:)`` wants to know.
    var first: (partition: Int, seen: Int)? {
        partitions.withLock { partitions in
            partitions.min { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    /// The newest.
    var last: Int? { partitions.withLock { $0.keys.max() } }

    /// The partition has no events for now, unless it was said meanwhile that there are more.
    func remove(_ partition: Int, seen: Int) {
        partitions.withLock { if $0[partition] == seen { $0[partition] = nil } }
    }

    /// Forgets them all: a replay has moved the consumer elsewhere.
    func removeAll() { partitions.withLock { $0.removeAll() } }
}
