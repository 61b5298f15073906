import BgdemoFoundations
import Metrics
import Synchronization

/// The meters of each queue and job. There are few: jobs that are not registered, and all beyond a bound, share one
/// named `other`, whatever other programs push.
final class JobMeters: Sendable {
    final class Meters: Sendable {
        let success, failure, reEnqueue: Counter
        let run, wait: Timer

        fileprivate init(queue: String, job: String) {
            let dimensions = [("queue", queue), ("job", job)]
            func jobs(_ outcome: String) -> Counter {
                Counter(label: "resque_jobs_total", dimensions: [("outcome", outcome)] + dimensions)
            }
            (success, failure, reEnqueue) = (jobs("success"), jobs("failure"), jobs("reEnqueue"))
            run = Timer(label: "resque_job_seconds", dimensions: dimensions)
            wait = Timer(label: "resque_wait_seconds", dimensions: dimensions)
        }
    }

    private struct Key: Hashable {
        let queue, job: ByteString
    }

    private final class Last: Sendable {
        let queue, className: String
        let meters: Meters

        init(_ job: Job, _ meters: Meters) {
            (queue, className, self.meters) = (job.queue, job.className, meters)
        }

        func isOf(_ job: Job) -> Bool {
            className.hasSameBytes(as: job.className) && queue.hasSameBytes(as: job.queue)
        }
    }

    private struct State {
        var all: [Key: Meters] = [:]
        /// Those of the last job: most jobs of a process are of one queue and one class.
        var last: Last?
    }

    private static let limit = 200

    private let jobs: Jobs
    private let state = Mutex(State())
    private let other = Meters(queue: "other", job: "other")

    init(_ jobs: Jobs) { self.jobs = jobs }

    /// - Parameter job: nil for what is no job.
    func meters(of job: Job?) -> Meters {
        guard let job else { return other }
        return state.withLock { state in
            if let last = state.last, last.isOf(job) { return last.meters }
            guard jobs.knows(job) else { return other }
            let meters = meters(of: job, in: &state.all)
            // A Rails job's own class is in its arguments.
            if !job.className.hasSameBytes(as: ActiveJob.wrapper) { state.last = Last(job, meters) }
            return meters
        }
    }

    private func meters(of job: Job, in all: inout [Key: Meters]) -> Meters {
        let key = Key(queue: ByteString(job.queue), job: ByteString(job.shownClass))
        if let meters = all[key] { return meters }
        guard all.count < Self.limit else { return other }
        let meters = Meters(queue: printable(job.queue, limit: 100), job: printable(job.shownClass, limit: 100))
        all[key] = meters
        return meters
    }
}
