/// Hooks around the jobs of a name: asked before and after they are enqueued and performed.
///
/// All have a default that changes nothing. What a hook throws before the job was performed fails the job.
public protocol Plugin: Sendable {
    /// Before a job is pushed to its queue. False: it is not, and the caller of ``Queue/enqueue(_:)`` is told so.
    /// As in node, a delayed job is not asked for.
    func beforeEnqueue(_ job: Job, to queue: Queue) async throws -> Bool

    /// After a job was pushed to its queue.
    func afterEnqueue(_ job: Job, to queue: Queue) async throws

    /// Before a job that `worker` has reserved is performed.
    func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision

    /// After a job was performed, or a hook before it has failed. Returns what is to become of it, which is `result`
    /// where the plugin has nothing to say.
    func afterPerform(_ job: Job, _ result: PerformResult, from queue: Queue, by worker: String) async throws
        -> PerformResult
}

/// Whether a reserved job is performed.
public enum PerformDecision: Sendable, Hashable {
    case perform
    /// It is dropped: neither performed nor failed.
    case skip
    /// It is put off, and comes back to its queue after this time.
    case later(Duration)
}

/// What is to become of a job that was performed.
public enum PerformResult: Sendable {
    case success
    /// It goes to `failed`.
    case failure(any Error)
    /// It comes back to its queue after this time.
    case retry(any Error, after: Duration)
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
