import Synchronization

/// The partitions in which there may be events for the consumer.
///
/// It is a list of work, not a cursor: the consumer never leaves a partition for good, so an event written late is read.
final class PendingPartitions: Sendable {
    /// A notification is text from outside, and may name any partition; what is dropped the next scan finds.
    private static let limit = 100_000

    /// By partition, how often it was said to have events.
    private let partitions = Mutex<[Int: Int]>([:])

    func add(_ partition: Int) {
        partitions.withLock { partitions in
            guard partitions.count < Self.limit || partitions[partition] != nil else { return }
            partitions[partition, default: 0] &+= 1
        }
    }

    /// The oldest partition, and the value that ``remove(_:seen:)`` needs.
    var first: (partition: Int, seen: Int)? {
        partitions.withLock { partitions in
            partitions.min { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    /// The newest partition.
    var last: Int? { partitions.withLock { $0.keys.max() } }

    /// The partition has no events for now, unless it was added again since `seen`.
    func remove(_ partition: Int, seen: Int) {
        partitions.withLock { if $0[partition] == seen { $0[partition] = nil } }
    }

    /// Forgets all of them: a replay has moved the consumer elsewhere.
    func removeAll() { partitions.withLock { $0.removeAll() } }
}
