import Resque

/// The failed jobs: groups by class and error, and the newest of them, each to be retried or removed by its digest.
struct FailedPage {
    private let queue: Queue
    private let search: QueuesSearch
    private let place: Int
    private let notice: String?

    init(_ queue: Queue, _ query: PageFields, _ place: Int) {
        (self.queue, self.place) = (queue, place)
        search = QueuesSearch(query)
        notice = Self.notice(query)
    }

    /// What a form that led here has done.
    private static func notice(_ query: PageFields) -> String? {
        for word in ["retried", "removed"] {
            guard let done = query.int(word), done > 0 else { continue }
            let said = "\(PageText.count(done, "job was", "jobs were")) \(word)"
            guard let gone = query.int("gone"), gone > 0 else { return said + "." }
            return said + "; somebody was faster with \(PageText.number(gone))."
        }
        return nil
    }

    /// The newest entries that are grouped, searched and acted on, newest first, read in pieces so that Redis is not held up.
    static func newest(_ queue: Queue) async throws -> [FailedJob] {
        let total = try await queue.failedCount()
        var newest: [FailedJob] = []
        var end = total
        while end > 0, newest.count < QueuesSearch.looked {
            let begin = max(0, end - 100)
            let piece = try await queue.failed(begin..<end)
            guard !piece.isEmpty else { break }
            newest += piece.reversed()
            end = begin
        }
        return newest
    }

    func page() async throws -> DataPage {
        let total = try await queue.failedCount()
        let all = try await Self.newest(queue)
        let summaries = all.map(FailedSummary.init)
        let found = summaries.filter { search.matches($0.searched) }
        let shown = found.dropFirst(place).prefix(DataPage.rows)
        return DataPage(
            title: "Failed", template: "queues-failed",
            values: [
                "notice": .text(notice), "total": .int(total), "jobs": .count(total, "failed job"),
                "looked": .int(all.count),
                "isPart": .flag(all.count < total),
                "found": .int(found.count), "groups": .list(FailedGroups(found).values),
                "rows": .list(shown.map(\.detailed)),
                "digests": .words(found.map(\.digest).joined(separator: " ")), "inAll": .count(found.count, "job"),
                "more": DataPage.more(place, shown.count, found.count, search.link("/queues/failed")),
            ].merging(
                search.values(
                    "/queues/failed",
                    "class:SendEmail error:timeout queue:mails arg:bob worker:host before:2026-11-23 is:retried")
            ) { $1 })
    }
}
