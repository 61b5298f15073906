import BgdemoFoundations
public import Logging
public import RedisClient
public import ServiceLifecycle

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Moves delayed jobs to their queues when their time has come, as resque-scheduler and node's Scheduler do.
///
/// Of all schedulers that share node's lock one is the leader; the others wait for it to leave, or to give no sign for
/// the time of its lock. A job is moved with its own bytes, in one step: also where a scheduler of Ruby, which has
/// another lock, works at the same time, each job is moved once. What cannot be moved, as it names no queue, goes to `failed`.
///
/// It also enqueues recurring jobs (see ``Queue/schedules()``) where no scheduler of Ruby does, and the leader removes
/// workers of node that are stuck.
public final class Scheduler: Service {
    let store: ResqueStore
    let name: String
    let logger: Logger
    /// The environment of Rails.
    let environment: String?
    /// For how long a worker of node may not have pinged.
    let stuckAfter: Duration
    let metrics = SchedulerMetrics()
    let interval: Duration
    /// Seconds; node's own are 180. What the lock guards is safe without it, and when a leader dies, the next need not be
    /// long in coming.
    private let lockTimeout = 15
    private let renewal = Duration.seconds(5)
    /// For how long a leader may hold a lock without an end before it is taken over: twice the longest time that any
    /// program gives the lock. Such a lock is left where a scheduler dies between taking it and giving it an end.
    let abandonedAfter: Duration

    /// - Parameters:
    ///   - namespace: The beginning of all keys, without the colon. Default: `resque`.
    ///   - interval: How often the leader looks for jobs that are due, at multiples of it since 1970. Default: 1 second.
    ///   - environment: The environment of Rails, such as `production`, for recurring jobs that are for some alone. Default:
    ///     none.
    ///   - stuckAfter: For how long a worker of node may not have pinged before it is removed. Default: 1 hour, as in node.
    public convenience init(
        redis: any RedisCommands, namespace: String = "resque", interval: Duration = .seconds(1),
        environment: String? = nil, stuckAfter: Duration = .seconds(3600), logger: Logger
    ) {
        self.init(
            redis: redis, namespace: namespace, interval: interval, abandonedAfter: .seconds(360),
            environment: environment, stuckAfter: stuckAfter, logger: logger)
    }

    init(
        redis: any RedisCommands, namespace: String = "resque", interval: Duration, abandonedAfter: Duration,
        environment: String? = nil, stuckAfter: Duration = .seconds(3600), logger: Logger
    ) {
        (self.abandonedAfter, self.environment, self.stuckAfter) = (abandonedAfter, environment, stuckAfter)
        store = ResqueStore(redis: redis, keys: ResqueKeys(namespace: namespace))
        name = WorkerID.process
        (self.logger, self.interval) = (logger, interval)
    }

    /// Works until its task is cancelled or the service group shuts down; then lets another be the leader.
    ///
    /// - Throws: Nothing.
    public func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.work() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
        await Task { [self] in
            await withTaskGroup { group in
                group.addTask { [store, name] in
                    _ = try? await store.run(
                        ResqueScripts.releaseLeadership, keys: [store.keys.leader], [name])
                }
                // Where Redis is unavailable, the lock runs out by itself.
                group.addTask { try? await Task.sleep(for: .milliseconds(500)) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }

    /// What came of one look.
    struct Step: Sendable, Equatable {
        let isLeader: Bool
        let moved: Int
        /// Whether all that was due was moved.
        let isWhole: Bool
        /// How far the clock of Redis is ahead of ours, in seconds.
        var skew = 0.0
        /// The leader, where it is another and its lock has no end.
        var endlessHolder: String?
    }

    private func work() async {
        var last = Step(isLeader: false, moved: 0, isWhole: true)
        var renewed = ContinuousClock.now
        var isAway = false
        var endless = EndlessLock()
        var duties = Duties()
        while !Task.isCancelled {
            do {
                let isFresh = last.isLeader && last.isWhole && ContinuousClock.now - renewed < renewal
                let isDue = if isFresh { try await isSomethingDue(last.skew) } else { true }
                if isDue {
                    let step = try await step()
                    if step.isLeader != last.isLeader {
                        logger.info(step.isLeader ? "leader among schedulers" : "follower among schedulers")
                    }
                    if step.moved > 0 { logger.debug("transferredJob", metadata: ["jobs": "\(step.moved)"]) }
                    (last, renewed) = (step, .now)
                    if endless.isAbandoned(by: step.endlessHolder, after: abandonedAfter),
                        let holder = step.endlessHolder
                    {
                        try await takeOver(from: holder)
                    }
                }
                try await perform(&duties, isLeader: last.isLeader)
                isAway = false
                if last.isWhole { try? await Task.sleep(for: untilNextLook(last.skew)) }
            } catch {
                if !isAway, !Task.isCancelled {
                    logger.error("The scheduler cannot work", metadata: ["error": "\(error)"])
                }
                isAway = true
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// The time until the next look: jobs are due at whole seconds, and a look just after one finds them at once. Where it
    /// was early after all, as the skew is not exact, the next one follows in milliseconds.
    private func untilNextLook(_ skew: Double) -> Duration {
        let interval = max(0.001, interval / .seconds(1))
        let now = Date.now.timeIntervalSince1970 + skew
        return .seconds(interval - now.truncatingRemainder(dividingBy: interval)) + Self.lateness
    }

    /// How long after a whole second the scheduler looks: no sooner than jobs are due, though the clocks differ a little.
    private static let lateness = Duration.milliseconds(2)

    private func takeOver(from holder: String) async throws(ResqueError) {
        let reply = try await store.run(
            ResqueScripts.takeOver, keys: [store.keys.leader], [holder, name, lockTimeout])
        guard reply.int == 1 else { return }
        logger.warning(
            "Took over the scheduler lock, which had no end",
            metadata: ["holder": "\(printable(holder, limit: 200))"])
    }

    /// Whether a job is due, or about to be, by one command.
    private func isSomethingDue(_ skew: Double) async throws -> Bool {
        let soon = Int(saturating: (Date.now.timeIntervalSince1970 + skew).rounded(.up))
        let range = try await store.send(
            "ZRANGEBYSCORE", store.keys.schedule, "-inf", soon, "LIMIT", "0", "1")
        return !range.texts.isEmpty
    }

    /// Moves what is due, if nobody else is the leader.
    func step(limit: Int = 1000) async throws -> Step {
        let keys = store.keys
        let failure = FailedEntry.around(
            exception: "InvalidJob", error: "the delayed job names no queue, or a key has another type", worker: name,
            queue: "no_queue")
        let reply = try await store.run(
            ResqueScripts.transfer,
            keys: [keys.leader, keys.schedule, keys.queues, keys.failed, keys.stat("failed")],
            [name, lockTimeout, limit, keys.prefix, failure.beginning, failure.end])
        guard let isLeader = reply[0]?.int, let moved = reply[1]?.int, let time = reply[2]?.int,
            let whole = reply[4]?.int
        else {
            throw ResqueError.unexpectedReply
        }
        return Step(
            isLeader: isLeader == 1, moved: moved, isWhole: whole == 1,
            skew: Double(time) / 1000 - Date.now.timeIntervalSince1970,
            endlessHolder: reply[3]?.text.flatMap { $0.isEmpty ? nil : $0 })
    }
}
