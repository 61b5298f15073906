import Logging
import Synchronization

/// One attempt of a worker at a job.
final class JobRun: Sendable {
    /// How much of the job is done, as it says itself.
    private struct Progress {
        var latest: Double?
        var isWriting = false
    }

    private static let interval = Duration.milliseconds(250)

    let worker: String
    let logger: Logger
    let lease: JobLease
    private let write: @Sendable (Double) async -> Void
    private let progress = Mutex(Progress())

    /// - Parameter write: Writes how much of the job is done, 0 to 1.
    init(worker: String, logger: Logger, lease: JobLease, write: @escaping @Sendable (Double) async -> Void) {
        (self.worker, self.logger, self.lease, self.write) = (worker, logger, lease, write)
    }

    /// Writes how much of the job is done, soon.
    func report(_ fraction: Double) {
        let isFirst = progress.withLock { progress in
            progress.latest = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
            defer { progress.isWriting = true }
            return !progress.isWriting
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
        progress.withLock { progress in
            progress.isWriting = progress.latest != nil
            return progress.latest.take()
        }
    }
}
