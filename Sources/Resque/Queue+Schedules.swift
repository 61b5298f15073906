import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Recurring jobs: those of resque-scheduler, which a ``Scheduler`` of this library enqueues where none of Ruby runs.
///
/// They are in the hash `persistent_schedules` ("dynamic" ones), and for older versions in `schedules`. Those that a program
/// in Ruby has only in its memory are not seen.
extension Queue {
    /// All recurring jobs, by their names.
    ///
    /// - Throws: ``ResqueError``.
    public func schedules() async throws(ResqueError) -> [Schedule] { try await store.schedules().schedules }

    /// Adds a recurring job, or replaces the one of this name.
    ///
    /// ```swift
    /// try await queue.setSchedule(
    ///     "report", cron: "0 9 * * mon-fri Europe/Berlin", Job("SendReport", queue: "low"))
    /// ```
    ///
    /// - Parameter cron: A cron expression of five fields, or six with seconds, and a time zone. Default: that of the process
    ///   that enqueues the job.
    /// - Throws: ``ResqueError``; with the code ``ResqueError/Code/invalidArguments`` where the expression is not understood.
    public func setSchedule(_ name: String, cron: String, _ job: Job) async throws(ResqueError) {
        guard CronExpression(cron) != nil else {
            throw ResqueError(.invalidArguments, "the cron expression is not understood")
        }
        try await setSchedule(name, "cron", cron, job)
    }

    /// Adds a recurring job, or replaces the one of this name.
    ///
    /// - Parameter every: In whole seconds, at least one.
    /// - Throws: ``ResqueError``.
    public func setSchedule(_ name: String, every: Duration, _ job: Job) async throws(ResqueError) {
        try await setSchedule(name, "every", "\(every.wholeSeconds)s", job)
    }

    /// Removes a recurring job. False where there is none of this name.
    ///
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func removeSchedule(_ name: String) async throws(ResqueError) -> Bool {
        let keys = store.keys
        let replies = try await store.pipelineOfAll([
            ["HDEL", keys.persistentSchedules, name], ["HDEL", keys.schedules, name],
            ["SADD", keys.changedSchedules, name],
        ])
        return replies.prefix(2).contains { $0.int == 1 }
    }

    private func setSchedule(
        _ name: String, _ kind: String, _ value: String, _ job: Job
    ) async throws(ResqueError) {
        var json = JSONWriter()
        json.object {
            $0.member("class", job.className)
            $0.member("queue", job.queue)
            $0.name("args")
            $0.raw(job.arguments.json)
            $0.member(kind, value)
        }
        try await store.pipelineOfAll([
            ["HSET", store.keys.persistentSchedules, name, json.bytes], ["SADD", store.keys.changedSchedules, name],
        ])
    }
}

extension ResqueStore {
    /// The recurring jobs, and what is known of them.
    struct Schedules: Sendable {
        var schedules: [Schedule] = []
        /// Name → what this library keeps of it.
        var records: [ByteString: String] = [:]
        /// The scheduler of Ruby that enqueues recurring jobs, and whether its lock has no end.
        var rubyLeader: (name: String, isEndless: Bool)?
        /// The second, by the clock of Redis.
        var now = 0
    }

    func schedules() async throws(ResqueError) -> Schedules {
        // An error is no empty hash: what is kept of schedules that are not found is removed.
        let replies = try await pipelineOfAll([
            ["HGETALL", keys.schedules], ["HGETALL", keys.persistentSchedules], ["HGETALL", keys.scheduleRecords],
            ["HGETALL", keys.lastEnqueued], ["GET", keys.rubyLeader], ["TTL", keys.rubyLeader],
            ["TIME"],
        ])
        guard replies.count == 7, let now = replies[6].texts.first.flatMap({ ScheduleRecord.second($0) }) else {
            throw ResqueError.unexpectedReply
        }
        var jsons: [ByteString: [UInt8]] = [:]
        for (name, json) in replies[0].fields + replies[1].fields { jsons[name] = json }
        let records = Dictionary(replies[2].fields.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }) { $1 }
        let enqueued = Dictionary(replies[3].fields.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }) { $1 }
        let schedules = jsons.sorted { $0.key < $1.key }.map { name, json in
            var schedule = Schedule(name.text, json: json)
            let own = records[name].flatMap { ScheduleRecord($0) }
            let theirs = enqueued[name].flatMap { ScheduleRecord.second(ofRubyTime: $0) }
            schedule.lastSecond = [own?.enqueued, theirs].compactMap(\.self).max()
            return schedule
        }
        let leader = replies[4].text.map { ($0, replies[5].int == -1) }
        return Schedules(schedules: schedules, records: records, rubyLeader: leader, now: now)
    }
}

/// What the library keeps of a recurring job: `<digest of the schedule> <second since when> <second of the last time>`.
struct ScheduleRecord: Sendable {
    let digest: String
    /// Since when the schedule is known.
    let since: Int
    /// The last time that its job was enqueued by this library; 0 for never.
    let last: Int

    init(digest: String, since: Int, last: Int = 0) { (self.digest, self.since, self.last) = (digest, since, last) }

    init?(_ text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        guard words.count == 3, let since = Self.second(words[1]), let last = Self.second(words[2]) else { return nil }
        self.init(digest: words[0], since: since, last: last)
    }

    /// A second of some clock, of which no time that is computed with it overflows; nil for another text.
    static func second(_ text: String) -> Int? { Int(text).flatMap { (0...1 << 40).contains($0) ? $0 : nil } }

    var text: String { "\(digest) \(since) \(last)" }
    var enqueued: Int? { last > 0 ? last : nil }

    /// `2026-11-23 15:19:23 +0000`, as Ruby's `Time#to_s` writes it.
    static func second(ofRubyTime text: String) -> Int? {
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        guard words.count == 3 else { return nil }
        let zone = words[2].hasSameBytes(as: "UTC") ? "Z" : words[2].prefix(3) + ":" + words[2].suffix(2)
        return Date(iso8601: "\(words[0])T\(words[1])\(zone)").map { Int($0.timeIntervalSince1970) }
    }
}

extension RedisValue {
    /// The fields of a hash.
    fileprivate var fields: [(name: ByteString, value: [UInt8])] {
        let list = list
        return stride(from: 0, to: list.count - 1, by: 2).map { (ByteString(list[$0]), list[$0 + 1]) }
    }
}
