import Synchronization

/// The partitions in which there may be events for the consumer.
///
/// It is a list of work, not a cursor: the consumer never leaves a partition for good, so an event written late is read.
final class PendingPartitions: Sendable {
    /// A notification is text from outside, and may name any partition; what is dropped the next scan finds.
    private static let limit = 100_000

    private struct State {
        /// By partition, how often it was said to have events.
        var partitions: [Int: Int] = [:]
        /// Earlier ones were passed over by a replay.
        var start = 0
    }

    private let state = Mutex(State())

    func add(_ partition: Int) {
        state.withLock { state in
            guard partition >= state.start,
                state.partitions.count < Self.limit || state.partitions[partition] != nil
            else { return }
            state.partitions[partition, default: 0] &+= 1
        }
    }

    /// The oldest partition, and the value that ``remove(_:seen:)`` needs.
    var first: (partition: Int, seen: Int)? {
        state.withLock { state in
            state.partitions.min { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    /// The newest partition.
    var last: Int? { state.withLock { $0.partitions.keys.max() } }

    /// The partition has no events for now, unless it was added again since `seen`.
    func remove(_ partition: Int, seen: Int) {
        state.withLock { if $0.partitions[partition] == seen { $0.partitions[partition] = nil } }
    }

    /// Forgets all of them, and takes none before `start`: a replay has moved the consumer there.
    func restart(at start: Int) { state.withLock { $0 = State(start: start) } }
}
