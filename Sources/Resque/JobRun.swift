import Logging
import Synchronization

/// One attempt of a worker at a job.
final class JobRun: Sendable {
    let worker: String
    let logger: Logger
    let lease: JobLease
    let progress: JobProgress

    init(worker: String, logger: Logger, lease: JobLease, progress: JobProgress) {
        (self.worker, self.logger, self.lease, self.progress) = (worker, logger, lease, progress)
    }
}

/// How much of a job is done, as it says itself.
final class JobProgress: Sendable {
    private struct State {
        var latest: Double?
        var isWriting = false
    }

    private static let interval = Duration.milliseconds(250)

    private let write: @Sendable (Double) async -> Void
    private let state = Mutex(State())

    init(_ write: @escaping @Sendable (Double) async -> Void) { self.write = write }

    func report(_ fraction: Double) {
        let isFirst = state.withLock { state in
            state.latest = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard isFirst else { return }
        Task {
            while let fraction = next() {
                await write(fraction)
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func next() -> Double? {
        state.withLock { state in
            state.isWriting = state.latest != nil
            return state.latest.take()
        }
    }
}
