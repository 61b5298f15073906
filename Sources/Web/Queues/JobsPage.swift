import Resque

/// The jobs of a queue in their order; of those that are searched the first 1000.
struct JobsPage {
    private let queue: Queue
    private let name: String
    private let search: QueuesSearch
    private let place: Int

    /// Workers that are named.
    private static let workers = 20

    init(_ queue: Queue, _ name: String, _ query: PageFields, _ place: Int) {
        (self.queue, self.name, self.place) = (queue, name, place)
        search = QueuesSearch(query)
    }

    private var path: String { "/queues/queue/\(PageFields.encode(name))" }

    func page() async throws -> DataPage {
        let length = try await queue.length(of: name)
        let workers = try await queue.workers().filter { $0.works(name) }
        let (rows, found) = search.isEmpty ? (try await rows(place, DataPage.rows), length) : try await searched()
        return DataPage(
            title: PageText.cut(name, 80), template: "queues-jobs",
            values: [
                "queue": .text(name), "link": .text(PageFields.encode(name)), "isThere": .flag(length > 0),
                "workers": .int(workers.count), "workedBy": .list(workers.prefix(Self.workers).map(WorkersPage.name)),
                "length": .int(length), "wait": .count(length, "job waits", "jobs wait"), "rows": .list(rows),
                "isPart": .flag(!search.isEmpty && length > QueuesSearch.looked), "looked": .int(QueuesSearch.looked),
                "more": DataPage.more(place, rows.count, found, search.link(path)),
            ].merging(search.values(path, "class:SendEmail arg:bob before:2026-11-23")) { $1 })
    }

    private func rows(_ place: Int, _ count: Int) async throws -> [TemplateValues] {
        try await queue.peek(name, place..<(place + count)).enumerated().map { row($1, place + $0) }
    }

    private func row(_ job: [UInt8], _ place: Int) -> TemplateValues {
        JobSummary(job, queue: name).values.merging(["place": .int(place)]) { $1 }
    }

    /// The page of those that were found, and how many were found; read in pieces so that Redis is not held up.
    private func searched() async throws -> (rows: [TemplateValues], found: Int) {
        var found: [(place: Int, job: [UInt8])] = []
        for begin in stride(from: 0, to: QueuesSearch.looked, by: 100) {
            let jobs = try await queue.peek(name, begin..<(begin + 100))
            found += jobs.enumerated().map { (begin + $0, $1) }.filter { search.matches(entry($0.1)) }
            if jobs.count < 100 { break }
        }
        return (found.dropFirst(place).prefix(DataPage.rows).map { row($0.job, $0.place) }, found.count)
    }

    private func entry(_ bytes: [UInt8]) -> QueuesSearch.Entry {
        var entry = JobSummary(bytes, queue: name).searched
        entry.queue = name
        entry.date = (try? Job(bytes, from: name))?.pushed
        return entry
    }
}
