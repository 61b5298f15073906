import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Performs one of equal jobs (name, queue and arguments) at a time; the others are delayed.
///
/// The lock is node's, `workerslock:<class>:<queue>:<args>`, so that workers of both exclude each other. It ends with
/// the job, with the death of its worker, or after ``timeout``.
public struct JobLock: Plugin {
    /// The lock ends after this time at the latest. Default: 1 hour.
    public let timeout: Duration
    /// How long a job is delayed while another has the lock; nil drops it. Default: 1 second.
    public let delay: Duration?

    public init(timeout: Duration = .seconds(3600), reEnqueueAfter delay: Duration? = .seconds(1)) {
        (self.timeout, self.delay) = (timeout, delay)
    }

    public func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws
        -> PerformDecision
    {
        let keys = queue.store.keys
        let reply = try await queue.store.run(
            ResqueScripts.lock, keys: [keys.lock("workerslock", job), keys.locks],
            [worker, timeout.wholeSeconds])
        if reply.int == 1 { return .perform }
        return delay.map { .later($0) } ?? .skip
    }
}

extension ResqueScripts {
    /// Takes the lock of a job for a worker.
    ///
    ///     KEYS[1]  string `workerslock:<class>:<queue>:<args>`
    ///     KEYS[2]  hash `swift:locks`: worker id → the lock that it holds
    ///     ARGV[1]  id of the worker
    ///     ARGV[2]  seconds until the lock runs out
    ///
    /// Returns 1 if the worker has the lock now, 0 if another has it.
    static let lock = RedisScript(
        """
        local value = redis.call('TIME')[1] + ARGV[2] + 1 .. ' ' .. ARGV[1]
        local holder = redis.call('GET', KEYS[1])
        if holder and string.sub(holder, -#ARGV[1]) ~= ARGV[1] then return 0 end
        -- First: where it fails, the lock is not held by a job that is not performed.
        redis.call('HSET', KEYS[2], ARGV[1], KEYS[1])
        redis.call('SET', KEYS[1], value, 'EX', ARGV[2])
        return 1
        """)
}
