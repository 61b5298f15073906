import Synchronization

/// The time that a graceful stop may take, all in all.
final class ShutdownDeadline: Sendable {
    private let limit: Duration
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// The stop has begun. Who says so first is believed.
    func begin() {
        end.withLock { $0 = $0 ?? .now + limit }
    }

    /// What is left of it; all, before it has begun.
    var left: Duration { end.withLock { end in end.map { max(.zero, $0 - .now) } } ?? limit }
}

extension Duration {
    /// A grace without the last of it, which is for ending in order what has not ended by itself: telling those who
    /// wait, giving back what is not done.
    var withoutReserve: Duration { self - min(.seconds(1), self / 4) }
}
