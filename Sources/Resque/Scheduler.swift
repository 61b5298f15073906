public import Redis

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import Logging
public import ServiceLifecycle

/// Moves delayed jobs to their queues when their time has come, as resque-scheduler and node's Scheduler do.
///
/// Of all schedulers that share node's lock one is the leader; the others wait for it to leave, or to give no sign for
/// the time of its lock. A job is moved with its own bytes, in one step: also where a scheduler of Ruby, which has
/// another lock, works at the same time, each job is moved once. What names no queue goes to `failed`.
public final class Scheduler: Service {
    private let store: Store
    private let name: String
    private let logger: Logger
    private let interval: Duration
    /// Seconds; node's own are 180. Ours is renewed each ``interval``, and what it guards is safe without it: when a leader
    /// dies, the next need not be long in coming.
    private let lockTimeout = 15

    /// - Parameter interval: How often the leader looks for jobs that are due.
    public init(
        redis: any RedisCommands, namespace: String = "resque", interval: Duration = .seconds(1), logger: Logger
    ) {
        store = Store(redis: redis, keys: Keys(namespace: namespace))
        name = WorkerID.process
        (self.logger, self.interval) = (logger, interval)
    }

    /// Works until its task is cancelled or the service group shuts down; then lets another be the leader.
    public func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.work() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        await Task { _ = try? await store.run(Scripts.resign, keys: [store.keys.leader], [name]) }.value
    }

    private func work() async {
        var isLeader = false
        var isAway = false
        while !Task.isCancelled {
            do {
                let step = try await step()
                if step.isLeader != isLeader {
                    logger.info("\(step.isLeader ? "leader" : "follower") among schedulers")
                }
                (isLeader, isAway) = (step.isLeader, false)
                if step.moved > 0 { logger.debug("transferredJob \(step.moved)") }
                if step.isWhole { try? await Task.sleep(for: interval) }
            } catch {
                if !isAway, !Task.isCancelled { logger.error("error >> \(error)") }
                isAway = true
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Moves what is due, if nobody else is the leader.
    ///
    /// - Returns: How many jobs were moved, and whether these were all.
    func step(limit: Int = 1000) async throws -> (isLeader: Bool, moved: Int, isWhole: Bool) {
        let keys = store.keys
        let failure = Failure.around(
            exception: "InvalidJob", error: "the delayed job names no queue", worker: name, queue: "")
        let reply = try await store.run(
            Scripts.transfer, keys: [keys.leader, keys.schedule, keys.queues, keys.failed, keys.stat("failed")],
            [
                name, String(lockTimeout), String(limit), keys.prefix,
                failure.beginning, failure.end,
            ])
        guard let isLeader = reply[0]?.int, let moved = reply[1]?.int else { throw StrangeReply() }
        return (isLeader == 1, moved, moved < limit)
    }
}
