import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The recurring jobs of resque-scheduler: when each is next due, and why it is never.
struct SchedulesPage {
    private let queue: Queue

    private let search: QueuesSearch

    private static let most = 200

    init(_ queue: Queue, _ query: PageFields) {
        self.queue = queue
        search = QueuesSearch(query)
    }

    func page() async throws -> DataPage {
        let schedules = try await queue.schedules()
        let found = search.isEmpty ? schedules : schedules.filter { search.matches(entry($0)) }
        let scheduling = try await queue.scheduling()
        let leaders = [scheduling.rubyLeader, scheduling.leader].compactMap(\.self)
        return DataPage(
            title: "Schedules", template: "queues-schedules",
            values: [
                "total": .int(schedules.count), "jobs": .count(schedules.count, "recurring job"),
                "scheduler": .text(leaders.isEmpty ? nil : PageText.cut(leaders.joined(separator: ", "), 200)),
                "stays": .flag(leaders.isEmpty && !schedules.isEmpty),
                "rows": .list(found.prefix(Self.most).map(row)),
                "hidden": .more(found.count - Self.most, "schedule", "schedules"),
            ].merging(search.values("/queues/schedules", "class:SendReport queue:low arg:all before:2026-11-23")) { $1 }
        )
    }

    private func entry(_ schedule: Schedule) -> QueuesSearch.Entry {
        var entry = schedule.job.map { JobSummary($0.bytes, queue: $0.queue).searched } ?? QueuesSearch.Entry()
        entry.queue = schedule.job?.queue ?? ""
        entry.names = [schedule.name]
        entry.date = schedule.job == nil ? nil : schedule.next
        return entry
    }

    private func row(_ schedule: Schedule) -> TemplateValues {
        var values: TemplateValues = [
            "key": .text(PageFields.encode(PageText.cut(schedule.name, 200))),
            "name": .text(PageText.cut(schedule.name, 120)),
            "when": .text(schedule.recurrenceText.map { PageText.cut($0, 120) }),
            "about": .text(schedule.text.map { PageText.cut($0, 200) }),
            "problem": .text(schedule.problem),
            "last": .one(schedule.lastEnqueued.map(PageText.time)),
            "next": .one(schedule.job == nil ? nil : schedule.next.map(PageText.time)),
        ]
        guard let job = schedule.job else { return values }
        values.merge(JobSummary(job.bytes, queue: job.queue).values) { $1 }
        values["queue"] = .text(PageText.cut(job.queue, 120))
        values["link"] = .text(PageFields.encode(job.queue))
        return values
    }
}
