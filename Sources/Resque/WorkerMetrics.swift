import Metrics

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The metrics of the workers of a process.
struct WorkerMetrics: Sendable {
    private let jobs: JobMeters
    private let cleaned = Counter(label: "resque_workers_cleaned_total")
    private let lost = Counter(label: "resque_reservations_lost_total")
    private let errors = Counter(label: "resque_errors_total")
    private let processors = Gauge(label: "resque_processors")

    init(_ jobs: Jobs) { self.jobs = JobMeters(jobs) }

    func record(processors count: Int) { processors.record(count) }

    func record(_ event: WorkerEvent) {
        switch event {
        case .job(let job):
            // Where the job says when it was made.
            guard let pushed = job.pushed, job.failures == 0 else { break }
            let wait = min(max(0, Date.now.timeIntervalSince(pushed)), 1e9)
            jobs.meters(of: job).wait.recordNanoseconds(Int64(wait * 1e9))
        case .success(let job, _, let took):
            let meters = jobs.meters(of: job)
            meters.success.increment()
            meters.run.record(duration: took)
        case .failure(let job, _, let took):
            let meters = jobs.meters(of: job)
            meters.failure.increment()
            meters.run.record(duration: took)
        case .reEnqueue(let job, _, _), .postponed(let job, _, _): jobs.meters(of: job).reEnqueue.increment()
        case .cleaningWorker: cleaned.increment()
        case .error(let error, _):
            errors.increment()
            if error is ReservationLost { lost.increment() }
        case .start, .end, .poll, .pause: break
        }
    }
}
