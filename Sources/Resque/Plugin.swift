/// Hooks of the jobs of a name: called before and after a job is enqueued and performed.
///
/// Each has a default that changes nothing. An error that a hook throws before the job is performed fails the job.
public protocol Plugin: Sendable {
    /// Called before a job is pushed to its queue. False: it is not pushed, and `Queue.enqueue(_:)` returns false.
    /// As in node, it is not called for a delayed job.
    ///
    /// - Throws: Any error; the job is then not pushed, and `Queue.enqueue(_:)` throws it as a ``ResqueError``.
    func beforeEnqueue(_ job: Job, to queue: Queue) async throws -> Bool

    /// Called after a job is pushed to its queue.
    ///
    /// - Throws: Any error; `Queue.enqueue(_:)` throws it as a ``ResqueError``, and the job stays in its queue.
    func afterEnqueue(_ job: Job, to queue: Queue) async throws

    /// Called before a job that `worker` has reserved is performed.
    ///
    /// - Throws: Any error; it fails the job.
    func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision

    /// Called after a job was performed.
    ///
    /// - Returns: What is to become of it; `result` leaves that as it is.
    /// - Throws: Any error; it fails the job.
    func afterPerform(_ job: Job, _ result: PerformResult, from queue: Queue, by worker: String) async throws
        -> PerformResult
}

/// Whether a reserved job is performed.
public enum PerformDecision: Sendable, Hashable {
    case perform
    /// It is dropped: neither performed nor failed.
    case skip
    /// It is delayed for this time.
    case later(Duration)
}

/// What is to become of a job that was performed.
public enum PerformResult: Sendable {
    case success
    /// It goes to `failed`.
    case failure(any Error)
    /// It is delayed for this time, and performed again.
    case retry(any Error, after: Duration)
    /// It is delayed for this time, and performed again; that it was not done does not count as a failure of the job. For
    /// an outage of something that all jobs need.
    case postpone(any Error, after: Duration)
}

extension PerformResult {
    /// Why the job was not done; nil where it was.
    var error: (any Error)? {
        switch self {
        case .success: nil
        case .failure(let error), .retry(let error, _), .postpone(let error, _): error
        }
    }
}

extension Plugin {
    public func beforeEnqueue(_ job: Job, to queue: Queue) async throws -> Bool { true }

    public func afterEnqueue(_ job: Job, to queue: Queue) async throws {}

    public func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision {
        .perform
    }

    public func afterPerform(
        _ job: Job, _ result: PerformResult, from queue: Queue, by worker: String
    ) async throws -> PerformResult { result }
}
