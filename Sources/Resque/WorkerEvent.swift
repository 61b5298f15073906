import BgdemoFoundations
public import Logging

/// An event of a worker, by node-resque's name.
public enum WorkerEvent: Sendable {
    /// It is registered and begins to work.
    case start
    /// It has stopped and removed its keys.
    case end
    /// Another worker is dead; its job went back to its queue or to `failed`, and its keys are removed.
    case cleaningWorker(String)
    /// It tries to reserve a job.
    case poll
    /// It begins to perform a job.
    case job(Job)
    /// The job comes back to its queue, later or at once.
    case reEnqueue(Job, reason: String, after: Duration)
    /// The job comes back to its queue later, because of an outage that is no fault of the job.
    case postponed(Job, any Error, after: Duration)
    /// The job is done, and this is what its `perform` returned.
    case success(Job, result: any Sendable, took: Duration)
    /// The job went to `failed`; nil where it was no job at all.
    case failure(Job?, any Error, took: Duration)
    /// Something else went wrong: with Redis, or with the worker itself. It goes on working.
    case error(any Error, Job?)
    /// There is no job, or workers are paused: it waits.
    case pause

    /// Writes the event as a log line that begins with its name.
    ///
    /// - Parameter details: What the line of a job that fails has beside it. Default: the worker, and the job as JSON.
    public func log(
        to logger: Logger, worker: String, details: (Job) -> Logger.Metadata? = { _ in nil }
    ) {
        func log(_ level: Logger.Level, _ message: @autoclosure () -> Logger.Message, _ job: Job? = nil) {
            guard level >= logger.logLevel else { return }
            var metadata: Logger.Metadata {
                job.map { ["worker": "\(worker)", "job": "\($0)"] } ?? ["worker": "\(worker)"]
            }
            logger.log(level: level, message(), metadata: job.flatMap(details) ?? metadata)
        }
        switch self {
        case .start: log(.debug, "start")
        case .end: log(.debug, "end")
        case .cleaningWorker(let dead): log(.notice, "cleaning_worker \(printable(dead))")
        case .poll: log(.trace, "poll")
        case .job(let job): log(.debug, "job \(name(job))", job)
        case .reEnqueue(let job, let reason, let delay):
            log(.notice, "reEnqueue \(name(job)) (\(reason)) after \(delay.milliseconds) ms", job)
        case .postponed(let job, let error, let delay):
            // Each job meets the same outage.
            log(.debug, "reEnqueue \(name(job)) (\(error)) after \(delay.milliseconds) ms", job)
        case .success(let job, let result, let took):
            // One short line: the job logs itself what it did.
            let (queue, className) = names(job)
            logger.info(
                Logger.Message(
                    stringLiteral: String(
                        joining: "success ", queue, " ", className, " in ", String(took.milliseconds), " ms")),
                metadata: type(of: result) == Void.self ? nil : ["result": .string(result as? String ?? "\(result)")])
        case .failure(let job, let error, let took):
            let name = job.map(name) ?? "no job"
            log(.error, "failure \(name) in \(took.milliseconds) ms >> \(error)", job)
        case .error(let error, let job): log(.error, "error >> \(error)", job)
        case .pause: log(.debug, "pause")
        }
    }

    private func name(_ job: Job) -> String {
        let (queue, className) = names(job)
        return "\(queue) \(className)"
    }

    private func names(_ job: Job) -> (queue: String, className: String) {
        (printable(job.queue, limit: 100), printable(job.shownClass, limit: 100))
    }
}
