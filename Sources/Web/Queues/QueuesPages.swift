package import BgdemoFoundations
import BgdemoHTTPServer
public import Logging
public import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The queues of a Resque estate for people and programs. Below `/queues`, each with `.json` too:
///
/// - `/queues`: what waits and why; `/queues/queue/NAME?from=0`: its jobs.
/// - `/queues/working`, `/queues/workers`, `/queues/delayed?from=0`, `/queues/schedules`.
/// - `/queues/failed?q=SEARCH&from=0`: what failed, the newest first, and groups of it by class and error.
/// - `/queues/redis?from=CURSOR`: Redis and the keys of the namespace; `/queues/redis/KEY?from=0`: what is in one.
/// - POST `/queues/failed/retry` and `/queues/failed/remove` with `entry=DIGEST`, as often as needed, or `entries=` with
///   digests between blanks; POST `/queues/pause` with `paused=yes`;
///   POST `/queues/remove` with `queue=NAME`.
///
/// What a page asks of Redis does not grow with the jobs: of a list it reads a page, of the failed ones the newest 1000.
public struct QueuesPages: DataPageRoutes {
    public let name = "Queues"
    public let home = "/queues"
    let queue: Queue
    /// A sample every two seconds, though the pages ask every second.
    private let history = QueueHistory(pause: .milliseconds(1_900))
    private let logger: Logger

    public init(_ queue: Queue, logger: Logger) {
        self.queue = queue
        self.logger = logger
    }

    /// Two counters that Redis keeps, and one second in two: jobs wait longer though nothing happens.
    package func version() async -> String {
        guard let stats = try? await queue.stats() else { return "away" }
        history.add(processed: stats.processed, failed: stats.failed)
        return "\(stats.processed)-\(stats.failed)-\(Int(Date.now.timeIntervalSince1970) / 2)"
    }

    package let views = [
        (path: "/queues", label: "Overview", template: "queues"),
        (path: "/queues/working", label: "Working", template: "queues-working"),
        (path: "/queues/workers", label: "Workers", template: "queues-workers"),
        (path: "/queues/delayed", label: "Delayed", template: "queues-delayed"),
        (path: "/queues/schedules", label: "Schedules", template: "queues-schedules"),
        (path: "/queues/failed", label: "Failed", template: "queues-failed"),
        (path: "/queues/redis", label: "Redis", template: "queues-redis"),
    ]

    package func page(_ path: [ByteString], _ request: PageRequest) async throws -> DataPage {
        switch path {
        case []: return try await QueuesOverview(queue, history).page()
        case ["working"]: return try await WorkersPage(queue).working()
        case ["workers"]: return try await WorkersPage(queue).workers()
        case ["schedules"]: return try await SchedulesPage(queue).page()
        case ["delayed"]: return try await delayed(try DataPage.place(request))
        case ["redis"]: return try await RedisPage(queue).overview(request.query["from"])
        case _ where path.count == 2 && path[0] == "redis":
            return try await RedisKeyPage(queue, path[1].text, from: request.query["from"]).page
        case ["failed"]: return try await FailedPage(queue, request.query, try DataPage.place(request)).page()
        case _ where path.count == 2 && path[0] == "queue":
            return try await jobs(path[1].text, try DataPage.place(request))
        default: throw Problem(.notFound, "there is no such page", advice: "GET /queues")
        }
    }

    // MARK: Jobs

    /// Workers that a queue's page names.
    private static let workers = 20

    private func jobs(_ name: String, _ place: Int) async throws -> DataPage {
        let length = try await queue.length(of: name)
        let jobs = try await queue.peek(name, place..<(place + DataPage.rows))
        let rows = jobs.enumerated().map { offset, bytes -> TemplateValues in
            JobSummary(bytes, queue: name).values.merging(["place": .int(place + offset)]) { $1 }
        }
        let workers = try await queue.workers().filter { QueuesOverview.works($0.id, name) }
        return DataPage(
            title: PageText.cut(name, 80), template: "queues-jobs",
            values: [
                "queue": .text(name), "link": .text(PageFields.encode(name)), "isThere": .flag(length > 0),
                "workers": .int(workers.count), "workedBy": .list(workers.prefix(Self.workers).map(WorkersPage.name)),
                "length": .int(length), "wait": .count(length, "job waits", "jobs wait"), "rows": .list(rows),
                "more": DataPage.more(place, jobs.count, length, "/queues/queue/\(PageFields.encode(name))?"),
            ])
    }

    private func delayed(_ place: Int) async throws -> DataPage {
        let total = try await queue.delayedSecondsCount()
        let scheduling = try await queue.scheduling()
        let scheduler = scheduling.leader ?? scheduling.rubyLeader
        let found = try await queue.delayed(from: place, limit: DataPage.rows)
        let rows = found.map { second, count, first -> TemplateValues in
            let date = Date(timeIntervalSince1970: Double(max(0, min(second, 253_402_300_799))))
            let job = first.map { JobSummary($0, queue: "").values } ?? [:]
            return job.merging([
                "second": .int(second), "link": .text(PageFields.encode("\(queue.keyPrefix)delayed:\(second)")),
                "time": .one(PageText.time(date)), "count": .int(count),
            ]) { $1 }
        }
        return DataPage(
            title: "Delayed", template: "queues-delayed",
            values: [
                "total": .int(total), "times": .count(total, "second with jobs", "seconds with jobs"),
                "scheduler": .text(scheduler), "rows": .list(rows),
                "stays": .flag(scheduler == nil && total > 0),
                "more": DataPage.more(place, found.count, total, "/queues/delayed?"),
            ])
    }

    // MARK: Changes

    private func remove(_ request: PageRequest) async throws -> PageResponse {
        guard let name = request.form["queue"].flatMap({ try? PercentDecoding.text($0.utf8) }) else {
            throw Problem(.badRequest, "no queue is named")
        }
        try await queue.remove(queue: name)
        logger.info(
            "A queue was removed on the page",
            metadata: ["queue": "\(printable(name, limit: 100))", "by": "\(request.user)"])
        return .redirect("/queues")
    }

    package func act(_ path: [ByteString], _ request: PageRequest) async throws -> PageResponse {
        switch path {
        case ["pause"]:
            let isPaused = request.form.isYes("paused")
            // Percent-encoded once more: an attribute shows some characters of a name in another way.
            if let name = request.form["queue"].flatMap({ try? PercentDecoding.text($0.utf8) }) {
                try await queue.pause(queue: name, isPaused)
            } else {
                try await queue.pause(isPaused)
            }
            logger.info(
                "\(isPaused ? "Queues were paused" : "Queues were resumed") on the page",
                metadata: ["queue": "\(request.form["queue"] ?? "all")", "by": "\(request.user)"])
            return .redirect("/queues")
        case ["remove"]: return try await remove(request)
        case ["failed", "retry"]: return try await FailedChange(queue, request, logger).retry()
        case ["failed", "remove"]: return try await FailedChange(queue, request, logger).remove()
        default: throw Problem(.notFound, "there is no such action")
        }
    }
}
