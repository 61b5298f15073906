import ServiceLifecycle
import Synchronization

/// Knows since when the program is ending: the last of its services, and so the first to be told. All that ends shares
/// the one time that a graceful stop may take.
final class Farewell: Service {
    private let began = Mutex<ContinuousClock.Instant?>(nil)

    /// How long the end has been under way.
    var elapsed: Duration { began.withLock { $0.map { ContinuousClock.now - $0 } } ?? .zero }

    func run() async throws {
        try await gracefulShutdown()
        began.withLock { $0 = .now }
    }
}
