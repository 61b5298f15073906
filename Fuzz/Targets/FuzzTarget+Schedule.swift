import BgdemoTraceContext

@testable import BgdemoFoundations
@testable import Resque

extension FuzzTarget {
    /// Recurring jobs and their times: the first line is a cron expression or a duration, the second what is kept of it.
    static func cron(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: 0x0a, maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let now = 1_764_000_000
        let utc = TimeZoneRules(offset: 0)
        if let cron = CronExpression(lines.first ?? "", in: utc), let next = cron.next(after: now) {
            precondition(next > now && next < now + 31 * 366 * 86_400, "a time that is past, or beyond 30 years")
            precondition(cron.next(after: next - 1) == next, "a time that is not its own next")
        }
        if let seconds = Recurrence.seconds(lines.first ?? "") { precondition(seconds > 0, "no time between two jobs") }
        if lines.count > 1, let record = ScheduleRecord(lines[1]) {
            for recurrence in [Recurrence.every(60), CronExpression("* * * * *", in: utc).map(Recurrence.cron)] {
                _ = recurrence?.next(after: record.last, at: now)
                let due = recurrence?.due(after: max(record.since, record.last), at: now, window: 300)
                precondition((due ?? 0) <= now, "due in the future")
            }
        }
        let schedule = Schedule("name", json: bytes)
        _ = (schedule.next, schedule.holds(in: "production"), schedule.job?.description)
        _ = TimeZoneRules(file: bytes)?.offset(at: now)
        let fields = TraceFields(of: bytes)
        precondition(TraceFields(of: fields.added(to: bytes)).fields.count == fields.fields.count, "another trace")
    }
}
