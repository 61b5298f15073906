import Synchronization

/// Measures how long an event takes to be handled, and so how many are worth taking at a time. The events of one batch are
/// handled one after another; while handlers are slow, each waits for all before it.
final class BatchSizer: Sendable {
    /// How long a batch should take: 50 ms.
    private static let batchNanoseconds = 50_000_000
    /// Nanoseconds per event, of the last batches.
    private let nanoseconds: Atomic<Int>

    /// Until events were measured, a batch is divided among the concurrent batches.
    init(batch: Int, concurrency: Int) {
        nanoseconds = Atomic(Self.batchNanoseconds / max(1, batch / max(1, concurrency)))
    }

    /// How many events to take, at most `limit`.
    func size(atMost limit: Int) -> Int {
        max(1, min(limit, Self.batchNanoseconds / max(1, nanoseconds.load(ordering: .relaxed))))
    }

    func record(_ events: Int, in time: Duration) {
        guard events > 0 else { return }
        let measured = Int(min(time / .nanoseconds(1), 1e15)) / events
        nanoseconds.store((nanoseconds.load(ordering: .relaxed) + measured) / 2, ordering: .relaxed)
    }
}
