import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The recurring jobs of resque-scheduler: when each is next due, and why it is never.
struct SchedulesPage {
    private let queue: Queue

    private static let most = 200

    init(_ queue: Queue) {
        self.queue = queue
    }

    func page() async throws -> DataPage {
        let schedules = try await queue.schedules()
        let scheduling = try await queue.scheduling()
        let leaders = [scheduling.rubyLeader, scheduling.leader].compactMap(\.self)
        return DataPage(
            title: "Schedules", template: "queues-schedules",
            values: [
                "total": .int(schedules.count), "jobs": .count(schedules.count, "recurring job"),
                "scheduler": .text(leaders.isEmpty ? nil : PageText.cut(leaders.joined(separator: ", "), 200)),
                "stays": .flag(leaders.isEmpty && !schedules.isEmpty),
                "rows": .list(schedules.prefix(Self.most).map(row)),
                "hidden": .more(schedules.count - Self.most, "schedule", "schedules"),
            ])
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
