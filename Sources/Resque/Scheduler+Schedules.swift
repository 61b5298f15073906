import BgdemoFoundations
import Logging
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Enqueues recurring jobs when they are due, once each: every scheduler of this library tries, and the one whose step
/// changes what is kept of the schedule has done it. While a scheduler of Ruby holds its lock, that one enqueues them.
extension Scheduler {
    /// How many seconds late a job may be enqueued, such as after a leader died. What is later is left out, as in Ruby.
    private static let lateness = 300

    /// - Parameter reported: The digests of schedules whose problem is in the log.
    /// - Returns: The scheduler of Ruby that enqueues instead, where its lock has no end.
    func enqueueRecurringJobs(_ reported: inout Set<ByteString>) async throws -> String? {
        let found = try await store.schedules()
        let names = Set(found.schedules.map { ByteString($0.name) })
        for name in found.records.keys where !names.contains(name) {
            _ = try await store.send("HDEL", store.keys.scheduleRecords, name.bytes)
        }
        for schedule in found.schedules where schedule.holds(in: environment) {
            if let problem = schedule.problem { report(schedule, problem, &reported) }
            do {
                try await enqueue(schedule, found.records[ByteString(schedule.name)], found)
            } catch let error as ResqueError where error.concernsOneCall {
                report(schedule, "\(error)", &reported)
            }
        }
        return found.rubyLeader.flatMap { $0.isEndless ? $0.name : nil }
    }

    private func report(_ schedule: Schedule, _ problem: String, _ reported: inout Set<ByteString>) {
        guard reported.insert(ByteString(schedule.digest)).inserted else { return }
        logger.warning(
            "A recurring job is not enqueued",
            metadata: ["schedule": "\(printable(schedule.name, limit: 100))", "problem": "\(problem)"])
    }

    private func enqueue(_ schedule: Schedule, _ text: String?, _ found: ResqueStore.Schedules) async throws {
        guard let recurrence = schedule.recurrence, let job = schedule.job else { return }
        let now = found.now
        guard let record = text.flatMap({ ScheduleRecord($0) }), record.digest.hasSameBytes(as: schedule.digest)
        else {
            // New, or changed: it counts from now.
            let last = text.flatMap { ScheduleRecord($0) }?.last ?? 0
            try await keep(
                ScheduleRecord(digest: schedule.digest, since: now, last: last), of: schedule, insteadOf: text)
            return
        }
        let last = max(record.since, schedule.lastSecond ?? 0)
        guard found.rubyLeader == nil, let second = recurrence.due(after: last, at: now, window: Self.lateness) else {
            return
        }
        let next = ScheduleRecord(digest: record.digest, since: record.since, last: second)
        let keys = store.keys
        let reply = try await store.run(
            ResqueScripts.enqueueRecurring,
            keys: [keys.rubyLeader, keys.scheduleRecords, keys.queues, keys.queue(job.queue), keys.lastEnqueued],
            [
                schedule.name, text ?? "", next.text, job.queue, job.bytes,
                Date(timeIntervalSince1970: Double(now)).rubyTime,
            ])
        guard reply.int == 1 else { return }
        logger.info(
            "Enqueued a recurring job",
            metadata: [
                "schedule": "\(printable(schedule.name, limit: 100))", "queue": "\(printable(job.queue, limit: 100))",
            ])
    }

    private func keep(_ record: ScheduleRecord, of schedule: Schedule, insteadOf text: String?) async throws {
        _ = try await store.run(
            ResqueScripts.keepSchedule, keys: [store.keys.scheduleRecords], [schedule.name, text ?? "", record.text])
    }
}

extension ResqueScripts {
    /// Enqueues a recurring job, unless another program does.
    ///
    ///     KEYS[1]  string `<namespace>:resque_scheduler_master_lock`, Ruby's
    ///     KEYS[2]  hash `swift:schedules`: name → what is kept of the schedule
    ///     KEYS[3]  set `queues`
    ///     KEYS[4]  list `queue:<name>`
    ///     KEYS[5]  hash `delayed:last_enqueued_at`: name → time; Ruby's
    ///     ARGV[1]  name of the schedule
    ///     ARGV[2]  what was kept of it, as it was seen
    ///     ARGV[3]  what is to be kept of it
    ///     ARGV[4]  name of the queue
    ///     ARGV[5]  bytes of the job
    ///     ARGV[6]  the time, as Ruby writes it
    ///
    /// Returns 1, or 0 where a scheduler of Ruby has its lock, or another of this library was first. Where a key has another
    /// type, nothing is changed: a job must not be pushed each time that it is tried.
    static let enqueueRecurring = RedisScript(
        checking + """
            if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
            if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
            local refused = misfit(KEYS[3], 'set') or misfit(KEYS[4], 'list') or misfit(KEYS[5], 'hash')
            if refused then return refused end
            redis.call('SADD', KEYS[3], ARGV[4])
            redis.call('RPUSH', KEYS[4], ARGV[5])
            redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
            redis.call('HSET', KEYS[5], ARGV[1], ARGV[6])
            return 1
            """)

    /// Keeps what is known of a schedule.
    ///
    ///     KEYS[1]  hash `swift:schedules`
    ///     ARGV[1]  name of the schedule
    ///     ARGV[2]  what was kept of it, as it was seen; empty where nothing was
    ///     ARGV[3]  what is to be kept of it
    ///
    /// Returns 1, or 0 where it has changed.
    static let keepSchedule = RedisScript(
        """
        if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
        return 1
        """)
}
