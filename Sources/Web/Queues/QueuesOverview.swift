import BgdemoFoundations
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The first page: is it healthy, and where it is not, why.
struct QueuesOverview {
    private let queue: Queue
    private let history: QueueHistory
    private let search: QueuesSearch

    /// Queues in the table.
    private static let most = 200
    /// Jobs in work below it; all have a page of their own.
    private static let inWork = 5
    /// Seconds with delayed jobs that are looked at for the next job of each queue.
    private static let delayed = 100

    init(_ queue: Queue, _ history: QueueHistory, _ query: PageFields) {
        (self.queue, self.history) = (queue, history)
        search = QueuesSearch(query)
    }

    func page() async throws -> DataPage {
        let names = try await queue.names()
        let found = search.isEmpty ? names : names.filter { search.matches(QueuesSearch.Entry(queue: $0)) }
        let shown = Array(found.prefix(Self.most))
        let fronts = try await queue.fronts(of: shown)
        let all = search.isEmpty ? fronts : try await queue.fronts(of: Array(names.prefix(Self.most)))
        let jobs = fronts.map { front in front.next.flatMap { try? Job($0, from: front.queue) } }
        let locked = try await queue.locked(jobs.compactMap(\.self))
        let workers = try await queue.workers()
        let living = workers.filter { !WorkersPage.isSilent($0, at: .now) }
        let (isPaused, pausedNames) = try await queue.paused(shown)
        let paused = Set(pausedNames.map { ByteString($0) })
        let stats = try await queue.stats()
        let delayed = try await queue.delayedSecondsCount()
        let scheduling = try await queue.scheduling()
        let hasScheduler = scheduling.leader != nil || scheduling.rubyLeader != nil
        let dueNext = try await dueNext()
        let now = Date.now
        let ages = jobs.map { $0?.pushed.map { max(0, now.timeIntervalSince($0)) } }
        let queued = all.reduce(0) { $0 &+ $1.length }
        history.add(processed: stats.processed, failed: stats.failed)
        if search.isEmpty {
            history.add(
                queued: queued, waits: zip(shown, ages).compactMap { name, age in age.map { (name, $0) } },
                runs: workers.compactMap {
                    $0.working?.runAt.flatMap(WorkerTime.date).map { now.timeIntervalSince($0) }
                })
        }
        var locks = locked.makeIterator()
        let rows = zip(zip(fronts, jobs), ages).map { front, age -> TemplateValues in
            let mine = living.filter { $0.works(front.0.queue) }
            let state = QueueState(
                length: front.0.length, workers: mine.count, busy: mine.count { $0.working != nil }, age: age,
                areAllPaused: isPaused, isPaused: paused.contains(ByteString(front.0.queue)),
                isLocked: front.1 == nil ? false : locks.next() ?? false,
                delayedUntil: dueNext[ByteString(front.0.queue)], hasScheduler: hasScheduler)
            return row(front.0.queue, state)
        }
        let rate = history.perMinute
        let series = history.series
        return DataPage(
            title: "Queues", template: "queues",
            values: [
                "queued": .int(queued), "delayed": .int(delayed),
                "failed": .int(try await queue.failedCount()), "workers": .int(workers.count),
                "working": .int(workers.count { $0.working != nil }), "processed": .int(stats.processed),
                "failures": .int(stats.failed), "perMinute": rate.map { .int($0.processed) } ?? .none,
                "failedPerMinute": rate.map { .int($0.failed) } ?? .none, "isPaused": .flag(isPaused),
                "hasWork": .flag(workers.contains { $0.working != nil }),
                "stays": .flag(!hasScheduler && delayed > 0), "overdue": .int(scheduling.overdue),
                "overdueJobs": .count(scheduling.overdue, "delayed job is overdue", "delayed jobs are overdue"),
                "isLate": .flag(scheduling.overdue > 0),
                "late": .text(PageText.duration(scheduling.delay / .seconds(1))),
                "runs": Self.percentiles(history.runs), "rows": .list(rows),
                "queuedLine": .html(Sparkline(series.queued).html("Queued jobs")),
                "performedLine": .html(Sparkline(series.performed).html("Performed a minute")),
                "failedLine": .html(Sparkline(series.failed).html("Failed a minute")),
                "hidden": .more(found.count - shown.count, "queue", "queues"),
                "inWork": .list(WorkersPage(queue).longest(Self.inWork, of: workers)),
            ].merging(search.values("/queues", "queue:mails")) { $1 })
    }

    private func row(_ name: String, _ queue: QueueState) -> TemplateValues {
        let (state, why) = queue.health
        return [
            "queue": .text(PageText.cut(name, 120)), "link": .text(PageFields.encode(name)),
            "length": .int(queue.length), "age": .text(queue.age.map(PageText.duration)),
            "waits": Self.percentiles(history.waits(in: name)), "workers": .int(queue.workers),
            "busy": .int(queue.busy), "isPaused": .flag(queue.isPaused), "state": .text(state), "why": .text(why),
            "until": .one(queue.length == 0 ? queue.delayedUntil.map(PageText.time) : nil),
        ]
    }

    private static func percentiles(_ percentiles: QueueHistory.Percentiles?) -> TemplateValue {
        .one(
            percentiles.map {
                ["p50": .text(PageText.duration($0.p50)), "p99": .text(PageText.duration($0.p99))]
            })
    }

    /// By queue, when the first of its delayed jobs is due, as far as that is soon.
    private func dueNext() async throws -> [ByteString: Date] {
        var due: [ByteString: Date] = [:]
        for (second, _, first) in try await queue.delayed(from: 0, limit: Self.delayed) {
            guard let first, let name = (try? JSONObject(first))?["queue"]?.text else { continue }
            let date = DelayedPage.date(second)
            if due[ByteString(name)] == nil { due[ByteString(name)] = date }
        }
        return due
    }
}
