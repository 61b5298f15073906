import BgdemoFoundations

/// Jobs that follow a job. What a `perform` returns as such is pushed in the step of Redis that acknowledges the job: all
/// or none, and once, however often the job was performed because workers died.
///
/// ```swift
/// jobs.register("order") { (job, order: Order) in
///     FollowUps([try Job("invoice", JobArguments(order), queue: "invoices")])
/// }
/// ```
///
/// Plugins are not called for them. If a plugin makes the job fail or retries it, nothing is pushed. If one of their queues
/// is a key of another type, nothing is pushed and the job fails.
public struct FollowUps: Sendable, CustomStringConvertible {
    /// In the order in which they are pushed, each to its own queue.
    public let jobs: [Job]

    public init(_ jobs: [Job]) {
        self.jobs = jobs
    }

    public var description: String { jobs.count.counted("job") }
}

/// A job that was performed and is not acknowledged yet.
struct PerformedJob: Sendable {
    let reservation: Reservation
    let job: Job
    var followUps: [Job] = []
}
