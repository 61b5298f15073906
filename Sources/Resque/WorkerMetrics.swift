import Metrics

/// The metrics of the workers of a process.
struct WorkerMetrics: Sendable {
    private let success = jobs("success")
    private let failure = jobs("failure")
    private let reEnqueue = jobs("reEnqueue")
    private let duration = Timer(label: "resque_job_seconds")
    private let cleaned = Counter(label: "resque_workers_cleaned_total")
    private let lost = Counter(label: "resque_reservations_lost_total")
    private let errors = Counter(label: "resque_errors_total")
    private let processors = Gauge(label: "resque_processors")

    private static func jobs(_ outcome: String) -> Counter {
        Counter(label: "resque_jobs_total", dimensions: [("outcome", outcome)])
    }

    func record(processors count: Int) { processors.record(count) }

    func record(_ event: WorkerEvent) {
        switch event {
        case .success(_, _, let took):
            success.increment()
            duration.recordNanoseconds(Int64(took / .nanoseconds(1)))
        case .failure(_, _, let took):
            failure.increment()
            duration.recordNanoseconds(Int64(took / .nanoseconds(1)))
        case .reEnqueue, .postponed: reEnqueue.increment()
        case .cleaningWorker: cleaned.increment()
        case .error(let error, _):
            errors.increment()
            if error is ReservationLost { lost.increment() }
        case .start, .end, .poll, .job, .pause: break
        }
    }
}
