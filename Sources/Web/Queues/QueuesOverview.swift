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
    private let rates: JobRates

    /// Queues in the table.
    private static let most = 200

    init(_ queue: Queue, _ rates: JobRates) {
        (self.queue, self.rates) = (queue, rates)
    }

    func page() async throws -> QueuesPages.Page {
        let names = try await queue.names()
        let shown = Array(names.prefix(Self.most))
        let fronts = try await queue.fronts(of: shown)
        let workers = try await queue.workers()
        let (isPaused, pausedNames) = try await queue.paused(shown)
        let paused = Set(pausedNames.map { ByteString($0) })
        let stats = try await queue.stats()
        let delayed = try await queue.delayedSecondsCount()
        let scheduler = try await queue.scheduler()
        rates.add(processed: stats.processed, failed: stats.failed)
        let now = Date.now
        let rows = fronts.map { row($0, workers, isPaused, paused.contains(ByteString($0.queue)), now: now) }
        let rate = rates.perMinute
        return QueuesPages.Page(
            title: "Queues", template: "queues",
            values: [
                "queued": .int(fronts.reduce(0) { $0 &+ $1.length }), "delayed": .int(delayed),
                "failed": .int(try await queue.failedCount()), "workers": .int(workers.count),
                "working": .int(workers.count { $0.working != nil }), "processed": .int(stats.processed),
                "failures": .int(stats.failed), "perMinute": rate.map { .int($0.processed) } ?? .none,
                "failedPerMinute": rate.map { .int($0.failed) } ?? .none, "isPaused": .flag(isPaused),
                "stays": .flag(scheduler == nil && delayed > 0), "rows": .list(rows),
                "hidden": names.count > Self.most ? .int(names.count - Self.most) : .none,
            ])
    }

    private func row(
        _ front: Queue.Front, _ workers: [Queue.RegisteredWorker], _ allPaused: Bool, _ isPaused: Bool, now: Date
    ) -> TemplateValues {
        let mine = workers.filter { Self.works($0.id, front.queue) }
        let busy = mine.count { $0.working != nil }
        let age = front.next.flatMap { (try? Job($0, from: front.queue))?.pushed }.map { now.timeIntervalSince($0) }
        let health = Self.health(front.length, mine.count, busy, age, allPaused: allPaused, isPaused: isPaused)
        return [
            "queue": .text(PageText.cut(front.queue, 120)), "link": .text(PageFields.encode(front.queue)),
            "length": .int(front.length), "age": .text(age.map(PageText.duration)), "workers": .int(mine.count),
            "busy": .int(busy), "isPaused": .flag(isPaused), "state": .text(health.state), "why": .text(health.why),
        ]
    }

    /// Whether a worker's id, `<host>:<pid>:<queues>`, names this queue or all of them.
    static func works(_ id: String, _ queue: String) -> Bool {
        let parts = id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        return parts[2].split(separator: UInt8(ascii: ",")).contains { pattern in
            if pattern.last == UInt8(ascii: "*") { return queue.utf8.starts(with: pattern.dropLast()) }
            return pattern.elementsEqual(queue.utf8)
        }
    }

    /// One of the four states, and why jobs wait, as one sentence.
    static func health(
        _ length: Int, _ workers: Int, _ busy: Int, _ age: Double?, allPaused: Bool = false, isPaused: Bool = false
    ) -> (state: String, why: String) {
        guard length > 0 else {
            return workers > 0 ? ("ok", "nothing waits") : ("dead", "nothing waits, and nobody works this queue")
        }
        if allPaused { return ("waiting", "all workers are paused") }
        if isPaused { return ("waiting", "this queue is paused") }
        if workers == 0 { return ("failing", "nobody works this queue") }
        if busy >= workers {
            return (
                "waiting", "\(workers == 1 ? "its worker is" : "all its \(PageText.number(workers)) workers are") busy"
            )
        }
        if let age, age > 10 {
            return (
                "failing",
                "\(PageText.count(workers - busy, "worker")) idle, yet the oldest job waits: they may work other queues first, or hang"
            )
        }
        return ("ok", "a worker is about to take the next")
    }
}
