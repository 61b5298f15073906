import ArgumentParser
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension QueuesCommand {
    struct Schedules: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schedules",
            abstract: "Jobs that are enqueued again and again, as resque-scheduler keeps them.",
            discussion: """
                  bgdemo queues schedules
                """)

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { queue in
                let rows = try await queue.schedules().map(ScheduleRow.init)
                try queues.show(
                    rows,
                    asTable: Table(
                        ["schedule", "when", "queue", "class", "last", "next", "problem"],
                        rows.map {
                            [
                                $0.schedule, $0.when ?? "", $0.queue ?? "", $0.class ?? "", $0.last ?? "never",
                                $0.next ?? "", $0.problem ?? "",
                            ]
                        }))
            }
        }
    }
}

private struct ScheduleRow: Encodable {
    let schedule: String
    let when: String?
    let queue: String?
    let `class`: String?
    let arguments: String?
    let last: String?
    let next: String?
    let problem: String?

    init(_ schedule: Schedule) {
        (self.schedule, when, problem) = (schedule.name, schedule.recurrenceText, schedule.problem)
        (queue, `class`) = (schedule.job?.queue, schedule.job?.shownClass)
        arguments = schedule.job.map { String(decoding: $0.arguments.json, as: UTF8.self) }
        last = schedule.lastEnqueued?.formatted(.iso8601)
        next = schedule.job == nil ? nil : schedule.next?.formatted(.iso8601)
    }
}
