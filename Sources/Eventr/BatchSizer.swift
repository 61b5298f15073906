import Synchronization

/// How long an event takes to be handled, and so how many are worth taking at a time: those of one batch are handled one
/// after another, and while handlers are slow, each would wait for all before it.
final class BatchSizer: Sendable {
    /// What a batch may take, about.
    private static let batchNanoseconds = 50_000_000
    /// Nanoseconds per event, of the last batches.
    private let nanoseconds: Atomic<Int>

    /// Until it is known, a batch is shared out between the hands.
    init(batch: Int, concurrency: Int) {
        nanoseconds = Atomic(Self.batchNanoseconds / max(1, batch / max(1, concurrency)))
    }

    /// The events to take, of at most `limit`.
    func size(atMost limit: Int) -> Int {
        max(1, min(limit, Self.batchNanoseconds / max(1, nanoseconds.load(ordering: .relaxed))))
    }

    func record(_ events: Int, in time: Duration) {
        guard events > 0 else { return }
        let now = Int(clamping: Int64(time / .nanoseconds(1))) / events
        let before = nanoseconds.load(ordering: .relaxed)
        nanoseconds.store((before + now) / 2, ordering: .relaxed)
    }
}
