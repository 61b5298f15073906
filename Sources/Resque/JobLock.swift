import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Performs one of equal jobs (name, queue and arguments) at a time; the others are put off.
///
/// The lock is node's, `workerslock:<class>:<queue>:<args>`, so that workers of both hold each other off. It ends with
/// the job, with its worker's death, or after ``timeout``.
public struct JobLock: Plugin {
    /// After this time the lock is nobody's, whatever became of its holder.
    public let timeout: Duration
    /// How long a job is put off that finds the lock taken; nil drops it.
    public let delay: Duration?

    public init(timeout: Duration = .seconds(3600), reEnqueueAfter delay: Duration? = .seconds(1)) {
        (self.timeout, self.delay) = (timeout, delay)
    }

    public func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision {
        let keys = queue.store.keys
        let reply = try await queue.store.run(
            ResqueScripts.lock, keys: [keys.lock("workerslock", job), keys.locks], [worker, timeout.wholeSeconds])
        if reply.int == 1 { return .perform }
        return delay.map { .later($0) } ?? .skip
    }
}

extension ResqueScripts {
    /// Takes a job's lock for a worker, or finds that it has it. KEYS: lock, locks. ARGV: id; seconds until it ends.
    static let lock = RedisScript(
        """
        local value = redis.call('TIME')[1] + ARGV[2] + 1 .. ' ' .. ARGV[1]
        local holder = redis.call('GET', KEYS[1])
        if holder and string.sub(holder, -#ARGV[1]) ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], value, 'EX', ARGV[2])
        redis.call('HSET', KEYS[2], ARGV[1], KEYS[1])
        return 1
        """)
}
