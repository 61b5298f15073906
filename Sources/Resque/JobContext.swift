import BgdemoFoundations
public import Logging

/// What is known of the attempt that a job is in; see ``Job/context``.
public struct JobContext: Sendable {
    private let job: Job

    fileprivate init(_ job: Job) { self.job = job }

    /// The id of the worker that performs the job, `<host>:<pid>:<queues>`; empty where none does, as in a test of one job.
    public var worker: String { job.run?.worker ?? "" }

    /// The job's name among all jobs, the same in each attempt; `bgdemo queues cancel` takes it. Empty where no worker has
    /// reserved the job.
    public var id: String { job.identity }

    /// The number of the attempt, from 1.
    public var attempt: Int { job.failures + 1 }

    /// The worker's logger, with `job-id`, `class`, `queue` and `attempt` in its metadata. It is made anew at each call: keep it.
    public var logger: Logger {
        var logger = job.run?.logger ?? Logger(label: "resque")
        logger[metadataKey: "job-id"] = "\(printable(id, limit: 200))"
        logger[metadataKey: "class"] = "\(printable(job.shownClass, limit: 100))"
        logger[metadataKey: "queue"] = "\(printable(job.queue, limit: 100))"
        logger[metadataKey: "attempt"] = "\(attempt)"
        return logger
    }

    /// Says how much of the job is done, for ``Queue/Working/progress``. It never waits: Redis gets the latest, at most four times a
    /// second, and what it does not take is left out.
    ///
    /// - Parameter fraction: 0 to 1.
    public func report(_ fraction: Double) { job.run?.report(fraction) }
}

extension Job {
    /// What is known of the attempt that this job is in.
    public var context: JobContext { JobContext(self) }
}
