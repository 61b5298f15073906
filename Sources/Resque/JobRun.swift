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
    private let number: Int
    private let write: ProgressWriter
    private let progress = Mutex(Progress())

    /// Writes how much of the job of a reservation is done, 0 to 1.
    typealias ProgressWriter = @Sendable (_ number: Int, _ fraction: Double) async -> Void

    /// - Parameter number: Of the reservation.
    init(_ number: Int, worker: String, logger: Logger, lease: JobLease, write: @escaping ProgressWriter) {
        (self.number, self.worker, self.logger, self.lease, self.write) = (number, worker, logger, lease, write)
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
                await write(number, fraction)
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
