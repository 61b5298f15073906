import Synchronization

/// When a graceful stop has taken as long as it may.
final class ShutdownDeadline: Sendable {
    private let limit: Duration
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    init(_ limit: Duration) {
        self.limit = limit
    }

    /// The stop begins. Only the first call counts.
    func begin() {
        end.withLock { $0 = $0 ?? .now + limit }
    }

    /// The time that is left; all of it before the stop begins.
    var left: Duration { end.withLock { end in end.map { max(.zero, $0 - .now) } } ?? limit }
}
