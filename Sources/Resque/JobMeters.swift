import BgdemoFoundations
import Metrics
import Synchronization

/// The meters of each queue and job. There are few: jobs that are not registered, and all beyond a bound, share one
/// named `other`, whatever other programs push.
final class JobMeters: Sendable {
    struct Meters: Sendable {
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

    private static let limit = 200

    private let jobs: Jobs
    private let all = Mutex<[Key: Meters]>([:])
    private let other = Meters(queue: "other", job: "other")

    init(_ jobs: Jobs) { self.jobs = jobs }

    /// - Parameter job: nil for what is no job.
    func meters(of job: Job?) -> Meters {
        guard let job, jobs.knows(job) else { return other }
        let key = Key(queue: ByteString(job.queue), job: ByteString(job.shownClass))
        return all.withLock { all in
            if let meters = all[key] { return meters }
            guard all.count < Self.limit else { return other }
            let meters = Meters(queue: printable(job.queue, limit: 100), job: printable(job.shownClass, limit: 100))
            all[key] = meters
            return meters
        }
    }
}
