import BgdemoFoundations
import Logging
import RedisClient

/// What a scheduler does beside moving delayed jobs.
extension Scheduler {
    /// What is known from one round to the next.
    struct Duties {
        /// The lock of the schedulers of Ruby.
        var rubyLock = EndlessLock()
        /// The digests of schedules whose problem is in the log.
        var reported = Set<ByteString>()
        /// The ids that had leftovers when the leader last looked.
        var leftovers = Set<ByteString>()
        var cleaned: ContinuousClock.Instant?
        /// When there were no recurring jobs.
        var unscheduled: ContinuousClock.Instant?
        var measured: ContinuousClock.Instant?
    }

    /// A collector of metrics looks about as often.
    private static let measuringInterval = Duration.seconds(15)
    /// After how many rounds it is looked for recurring jobs again, where there were none: a new one counts from when it is seen.
    private static let unscheduledRounds = 5

    /// Does what is due. One duty that fails keeps no other from being done.
    ///
    /// - Throws: The error of the first that failed.
    func perform(_ duties: inout Duties, isLeader: Bool) async throws {
        var errors: [any Error] = []
        if hasPassed(interval * Self.unscheduledRounds, since: duties.unscheduled) {
            do { try await performRecurring(&duties) } catch { errors.append(error) }
        }
        if hasPassed(Self.measuringInterval, since: duties.measured) {
            do {
                metrics.record(try await store.scheduling(), isLeader: isLeader)
                duties.measured = .now
            } catch {
                errors.append(error)
            }
        }
        if isLeader, hasPassed(Self.cleanupInterval, since: duties.cleaned) {
            do {
                duties.leftovers = try await cleanUp(duties.leftovers)
                duties.cleaned = .now
            } catch {
                errors.append(error)
            }
        }
        if let first = errors.first { throw first }
    }

    private func performRecurring(_ duties: inout Duties) async throws {
        let hasRecurring = try await store.send("EXISTS", store.keys.schedules, store.keys.persistentSchedules).int != 0
        duties.unscheduled = hasRecurring ? nil : .now
        let holder = hasRecurring ? try await enqueueRecurringJobs(&duties.reported) : nil
        if duties.rubyLock.isAbandoned(by: holder, after: abandonedAfter), let holder {
            try await removeRubyLock(of: holder)
        }
    }

    private func hasPassed(_ interval: Duration, since last: ContinuousClock.Instant?) -> Bool {
        last.map { ContinuousClock.now - $0 >= interval } ?? true
    }

    private func removeRubyLock(of holder: String) async throws(ResqueError) {
        let reply = try await store.run(ResqueScripts.removeEndlessLock, keys: [store.keys.rubyLeader], [holder])
        guard reply.int == 1 else { return }
        logger.warning(
            "Removed the lock of a Ruby scheduler, which had no end",
            metadata: ["holder": "\(printable(holder, limit: 200))"])
    }
}
