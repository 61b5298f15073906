import BgdemoFoundations
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The seconds for which jobs are delayed, the earliest first; of those that are searched the first 1000 jobs or so.
struct DelayedPage {
    private let queue: Queue
    private let search: QueuesSearch
    private let place: Int

    /// Seconds that are read at a time where jobs are searched, and the jobs of each that are looked at.
    private static let (piece, jobs) = (50, 100)

    init(_ queue: Queue, _ query: PageFields, _ place: Int) {
        (self.queue, self.place) = (queue, place)
        search = QueuesSearch(query)
    }

    func page() async throws -> DataPage {
        let total = try await queue.delayedSecondsCount()
        let scheduling = try await queue.scheduling()
        let scheduler = scheduling.leader ?? scheduling.rubyLeader
        let (rows, found, isPart) =
            search.isEmpty
            ? (try await queue.delayed(from: place, limit: DataPage.rows).map(row), total, false)
            : try await searched(total)
        return DataPage(
            title: "Delayed", template: "queues-delayed",
            values: [
                "total": .int(total), "times": .count(total, "second with jobs", "seconds with jobs"),
                "scheduler": .text(scheduler), "rows": .list(rows), "stays": .flag(scheduler == nil && total > 0),
                "isPart": .flag(isPart), "looked": .int(QueuesSearch.looked),
                "more": DataPage.more(place, rows.count, found, search.link("/queues/delayed")),
            ].merging(search.values("/queues/delayed", "class:SendEmail queue:mails arg:bob before:2026-11-23")) { $1 })
    }

    private func row(_ second: Int, _ count: Int, _ job: [UInt8]?) -> TemplateValues {
        (job.map { JobSummary($0, queue: "").values } ?? [:]).merging([
            "second": .int(second), "link": .text(PageFields.encode("\(queue.keyPrefix)delayed:\(second)")),
            "time": .one(PageText.time(Self.date(second))), "count": .int(count),
        ]) { $1 }
    }

    /// The page of the seconds with a job that was found, each with the first of these; how many there are, and whether
    /// there are jobs that were not looked at.
    private func searched(_ total: Int) async throws -> (rows: [TemplateValues], found: Int, isPart: Bool) {
        var found: [(second: Int, count: Int, job: [UInt8])] = []
        var (looked, begin, isPart) = (0, 0, false)
        while begin < total, looked < QueuesSearch.looked {
            for (second, count, jobs) in try await queue.delayed(from: begin, limit: Self.piece, jobs: Self.jobs) {
                looked += jobs.count
                isPart = isPart || jobs.count < count
                guard let job = jobs.first(where: { search.matches(entry($0, second)) }) else { continue }
                found.append((second, count, job))
            }
            begin += Self.piece
        }
        let rows = found.dropFirst(place).prefix(DataPage.rows).map { row($0.second, $0.count, $0.job) }
        return (rows, found.count, isPart || begin < total)
    }

    private func entry(_ job: [UInt8], _ second: Int) -> QueuesSearch.Entry {
        var entry = JobSummary(job, queue: "").searched
        entry.queue = (try? JSONObject(job))?["queue"]?.text ?? ""
        entry.date = Self.date(second)
        return entry
    }

    /// At most the last second of the year 9999.
    static func date(_ second: Int) -> Date {
        Date(timeIntervalSince1970: Double(max(0, min(second, 253_402_300_799))))
    }
}
