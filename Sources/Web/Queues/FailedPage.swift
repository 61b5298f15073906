import BgdemoFoundations
import BgdemoHTTPServer
import Resque

/// The failed jobs: groups by class and error, and the newest of them, each to be retried or removed by its digest.
struct FailedPage {
    private let queue: Queue
    private let search: FailedSearch
    private let text: String
    private let place: Int

    /// The newest entries that are grouped, searched and acted on.
    static let looked = 1_000
    private static let groups = 30

    init(_ queue: Queue, _ search: String, _ place: Int) {
        (self.queue, self.place) = (queue, place)
        text = PageText.cut(search, 400)
        self.search = FailedSearch(text)
    }

    /// The newest entries, newest first, read in pieces so that Redis is not held up.
    static func newest(_ queue: Queue) async throws -> [FailedJob] {
        let total = try await queue.failedCount()
        var newest: [FailedJob] = []
        var end = total
        while end > 0, newest.count < looked {
            let begin = max(0, end - 100)
            let piece = try await queue.failed(begin..<end)
            guard !piece.isEmpty else { break }
            newest += piece.reversed()
            end = begin
        }
        return newest
    }

    func page() async throws -> QueuesPages.Page {
        let total = try await queue.failedCount()
        let all = try await Self.newest(queue)
        let summaries = all.map(FailedSummary.init)
        let found = summaries.filter(search.matches)
        let shown = found.dropFirst(place).prefix(QueuesPages.rows)
        return QueuesPages.Page(
            title: "Failed", template: "queues-failed",
            values: [
                "total": .int(total), "looked": .int(all.count), "isPart": .flag(all.count < total),
                "search": .text(text), "found": .int(found.count), "groups": .list(Self.grouped(found)),
                "rows": .list(shown.map(\.values)),
                "more": QueuesPages.more(
                    place, shown.count, found.count,
                    "/queues/failed?" + (text.isEmpty ? "" : "q=\(PageFields.encode(text))&")),
            ])
    }

    private static func grouped(_ entries: [FailedSummary]) -> [TemplateValues] {
        var order: [ByteString] = []
        var groups: [ByteString: [FailedSummary]] = [:]
        for entry in entries {
            if groups[entry.group] == nil { order.append(entry.group) }
            groups[entry.group, default: []].append(entry)
        }
        let sorted = order.compactMap { groups[$0] }.sorted { $0.count > $1.count }
        let largest = sorted.first?.count ?? 1
        return sorted.prefix(Self.groups).compactMap { entries in
            guard let first = entries.first, let last = entries.last else { return nil }
            return [
                "class": .text(first.className), "exception": .text(first.exception), "error": .text(first.error),
                "count": .int(entries.count), "share": .text(String(max(1, entries.count * 100 / max(1, largest)))),
                "newest": .text(first.failedAt), "oldest": .text(last.failedAt),
                "query": .text(PageFields.encode("class:\"\(first.className)\" error:\"\(first.exception)\"")),
            ]
        }
    }
}

/// What a page shows of an entry.
struct FailedSummary: Sendable {
    let className: String
    let queue: String
    let exception: String
    let error: String
    let worker: String
    let failedAt: String
    let retriedAt: String?
    let arguments: String
    let digest: String

    init(_ failed: FailedJob) {
        let job = failed.job.map { JobSummary($0, queue: failed.queue ?? "") }
        className = PageText.cut(job?.className ?? "not a job", 120)
        arguments = job?.arguments ?? PageText.cut(String(decoding: failed.entry.prefix(1_000), as: UTF8.self), 400)
        queue = PageText.cut(failed.queue ?? "", 120)
        exception = PageText.cut(failed.exception ?? "", 120)
        error = PageText.cut(failed.error ?? "", 300)
        worker = PageText.cut(failed.worker ?? "", 160)
        failedAt = PageText.cut(failed.failedAt ?? "", 40)
        retriedAt = failed.retriedAt.map { PageText.cut($0, 40) }
        digest = failed.digest
    }

    /// Those of one class and one kind of error.
    var group: ByteString { ByteString("\(className)\u{0}\(exception)") }

    var values: TemplateValues {
        [
            "class": .text(className), "queue": .text(queue), "exception": .text(exception), "error": .text(error),
            "worker": .text(worker), "failedAt": .text(failedAt), "retriedAt": .text(retriedAt),
            "arguments": .text(arguments), "entry": .text(digest),
        ]
    }
}

/// Words, each of which has to be in the entry: `class:`, `queue:`, `error:`, `arg:` and `worker:` look in one place.
struct FailedSearch: Sendable {
    private let terms: [(field: String, word: ByteString)]

    private static let fields = ["class:", "queue:", "error:", "arg:", "worker:"]

    init(_ text: String) {
        terms = SearchWords.split(text).prefix(8).compactMap { word in
            let word = ByteString(word).asciiLowercased()
            for field in Self.fields where word.hasPrefix(ByteString(field)) {
                let rest = ByteString(word.dropFirst(field.utf8.count))
                return rest.isEmpty ? nil : (field, rest)
            }
            return word.isEmpty ? nil : ("", word)
        }
    }

    func matches(_ entry: FailedSummary) -> Bool {
        terms.allSatisfy { field, word in
            let texts =
                switch field {
                case "class:": [entry.className]
                case "queue:": [entry.queue]
                case "error:": [entry.exception, entry.error]
                case "arg:": [entry.arguments]
                case "worker:": [entry.worker]
                default: [entry.className, entry.queue, entry.exception, entry.error, entry.arguments, entry.worker]
                }
            return texts.contains { ByteString($0).asciiLowercased().contains(word) }
        }
    }
}
