/// Jobs that a job leads to. What a `perform` returns as such is pushed in the very step of Redis that says that the job
/// is done: all of it or nothing, and once, however often the job was performed because workers died.
///
/// ```swift
/// jobs.register("order") { (job, order: Order) in
///     FollowUps([try Job("invoice", JobArguments(order), queue: "invoices")])
/// }
/// ```
///
/// Plugins are not asked about them. Where a plugin has the job fail or come back, nothing is pushed. Where one of their
/// queues is a key of another type, nothing is pushed and the job fails.
public struct FollowUps: Sendable, CustomStringConvertible {
    /// In the order in which they are pushed, each to its own queue.
    public let jobs: [Job]

    public init(_ jobs: [Job]) {
        self.jobs = jobs
    }

    public var description: String { "\(jobs.count) jobs" }
}

/// A job that was performed and is yet to be acknowledged.
struct PerformedJob: Sendable {
    let reservation: Reservation
    let job: Job
    var followUps: [Job] = []
}
