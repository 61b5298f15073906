import Synchronization

/// The time that a graceful stop may take, all in all.
final class Grace: Sendable {
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
