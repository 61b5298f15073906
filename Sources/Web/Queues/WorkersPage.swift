import BgdemoFoundations
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who works, on what, and since when; those that are silent are shown as dead.
struct WorkersPage {
    private let queue: Queue
    private let search: QueuesSearch
    private let now = Date.now

    private static let most = 200
    /// A worker with a heartbeat says that it lives once a minute.
    private static let silence = 300.0

    /// - Parameter query: Has the words of a search. Default: none.
    init(_ queue: Queue, _ query: PageFields = PageFields([])) {
        self.queue = queue
        search = QueuesSearch(query)
    }

    /// All workers, those with a job first: the page is opened for them.
    func workers() async throws -> DataPage {
        let workers = try await queue.workers()
        return try await page(
            "Workers", "workers", workers.filter { $0.working != nil } + workers.filter { $0.working == nil },
            of: workers)
    }

    /// The jobs in work, the longest first.
    func working() async throws -> DataPage {
        let workers = try await queue.workers()
        return try await page("Working", "working", Self.byTime(workers, elapsed), of: workers)
    }

    /// The first of the jobs in work, the longest first, without what each worker has done.
    func longest(_ count: Int, of workers: [Queue.RegisteredWorker]) -> [TemplateValues] {
        let busy = Self.byTime(workers, elapsed).prefix(count)
        let longest = busy.first.flatMap(elapsed) ?? 0
        return busy.map { row($0, nil, longest) }
    }

    private static func byTime(
        _ workers: [Queue.RegisteredWorker], _ elapsed: (Queue.RegisteredWorker) -> Double?
    ) -> [Queue.RegisteredWorker] {
        workers.filter { $0.working != nil }.sorted { (elapsed($0) ?? -1) > (elapsed($1) ?? -1) }
    }

    private func page(
        _ title: String, _ name: String, _ every: [Queue.RegisteredWorker], of all: [Queue.RegisteredWorker]
    ) async throws -> DataPage {
        let listed = search.isEmpty ? every : every.filter { search.matches(entry($0)) }
        let shown = Array(listed.prefix(Self.most))
        let counts = try await queue.counts(of: shown.map(\.id))
        let longest = shown.compactMap(elapsed).max() ?? 0
        let busy = all.count { $0.working != nil }
        return DataPage(
            title: title, template: "queues-\(name)",
            values: [
                "total": .int(all.count), "working": .int(busy),
                "have": .words(
                    "\(PageText.number(busy)) of \(PageText.count(all.count, "worker")) \(busy == 1 ? "has" : "have") a job"
                ),
                "rows": .list(zip(shown, counts).map { row($0, $1, longest) }),
                "hidden": .more(listed.count - shown.count, "worker", "workers"),
            ].merging(
                search.values("/queues/\(name)", "class:SendEmail queue:mails arg:bob worker:host before:2026-11-23")
            ) { $1 })
    }

    private func entry(_ worker: Queue.RegisteredWorker) -> QueuesSearch.Entry {
        var entry = worker.working.map { JobSummary($0.job, queue: $0.queue).searched } ?? QueuesSearch.Entry()
        let queues = worker.id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2).dropFirst(2).first
        entry.queue = worker.working?.queue ?? queues.map { String(Substring($0)) } ?? ""
        entry.names = [worker.id]
        entry.date = (worker.working?.runAt ?? worker.started).flatMap(WorkerTime.date)
        return entry
    }

    /// The queues of a worker, each with its page; a pattern has none.
    private static func names(_ queues: String) -> [TemplateValues] {
        queues.utf8.split(separator: UInt8(ascii: ",")).prefix(20).map { name in
            let name = String(Substring(name))
            return [
                "name": .text(PageText.cut(name, 120)),
                "nameLink": name.utf8.contains(UInt8(ascii: "*")) ? .none : .text(PageFields.encode(name)),
            ]
        }
    }

    /// Whether its last heartbeat is too old for it to live. One that writes none is never silent.
    static func isSilent(_ worker: Queue.RegisteredWorker, at now: Date) -> Bool {
        worker.heartbeat.flatMap(WorkerTime.date).map { now.timeIntervalSince($0) > silence } ?? false
    }

    /// Whether a worker has a job, or is silent.
    private static func state(_ worker: Queue.RegisteredWorker, at now: Date) -> (state: String, word: String) {
        if isSilent(worker, at: now) { return ("dead", "silent") }
        return worker.working == nil ? ("ok", "idle") : ("waiting", "working")
    }

    /// `host:pid` of a worker, and whether it has a job.
    static func name(_ worker: Queue.RegisteredWorker) -> TemplateValues {
        let parts = worker.id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2).map { String(Substring($0)) }
        let (state, word) = state(worker, at: .now)
        return [
            "worker": .text(PageText.cut(parts.prefix(2).joined(separator: ":"), 120)),
            "state": .text(state), "word": .text(word),
        ]
    }

    private func elapsed(_ worker: Queue.RegisteredWorker) -> Double? {
        worker.working?.runAt.flatMap(WorkerTime.date).map { max(0, now.timeIntervalSince($0)) }
    }

    private func row(
        _ worker: Queue.RegisteredWorker, _ counts: (processed: Int, failed: Int)?, _ longest: Double
    ) -> TemplateValues {
        let parts = worker.id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2).map { String(Substring($0)) }
        let (state, word) = Self.state(worker, at: now)
        var values: TemplateValues = [
            "key": .text(PageFields.encode(PageText.cut(worker.id, 200))),
            "host": .text(PageText.cut(parts.prefix(2).joined(separator: ":"), 120)),
            "queues": .text(PageText.cut(parts.count > 2 ? parts[2] : "", 160)), "state": .text(state),
            "names": .list(Self.names(parts.count > 2 ? parts[2] : "")),
            "word": .text(word),
            "heartbeat": .one(worker.heartbeat.flatMap(WorkerTime.date).map(PageText.time)),
            "started": .one(worker.started.flatMap(WorkerTime.date).map(PageText.time)),
            "processed": counts.map { .int($0.processed) } ?? .none, "failed": counts.map { .int($0.failed) } ?? .none,
        ]
        guard let working = worker.working else { return values }
        values.merge(JobSummary(working.job, queue: working.queue).values) { $1 }
        values["queue"] = .text(PageText.cut(working.queue, 120))
        values["link"] = .text(PageFields.encode(working.queue))
        values["progress"] = .text(working.progress.map { String(Int($0 * 100)) })
        guard let elapsed = elapsed(worker) else { return values }
        values["since"] = .text(PageText.duration(elapsed))
        values["began"] = .one(working.runAt.flatMap(WorkerTime.date).map(PageText.time))
        values["share"] = .text(String(longest > 0 ? Int(min(100, elapsed * 100 / longest)) : 0))
        return values
    }
}
