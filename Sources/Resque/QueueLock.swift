import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Keeps a job out of its queue while an equal one (name, queue and arguments) waits there.
///
/// The lock is node's, `lock:<class>:<queue>:<args>`. It ends when the job that waits is about to be performed, or
/// after ``timeout``.
public struct QueueLock: Plugin {
    /// The lock ends after this time, even while the job waits; in whole seconds. Default: 1 hour.
    public let timeout: Duration

    public init(timeout: Duration = .seconds(3600)) {
        self.timeout = timeout
    }

    public func beforeEnqueue(_ job: Job, to queue: Queue) async throws -> Bool {
        let until = String(Int(Date.now.timeIntervalSince1970) + timeout.wholeSeconds + 1)
        let reply = try await queue.store.send(
            "SET", queue.store.keys.lock("lock", job), until, "EX", timeout.wholeSeconds, "NX")
        return !reply.isNull
    }

    public func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision {
        _ = try await queue.store.send("DEL", queue.store.keys.lock("lock", job))
        return .perform
    }
}

/// Keeps a job out of its queue while an equal one (name, queue and arguments) is delayed.
public struct DelayQueueLock: Plugin {
    public init() {}

    public func beforeEnqueue(_ job: Job, to queue: Queue) async throws -> Bool {
        try await queue.scheduled(job).isEmpty
    }
}
