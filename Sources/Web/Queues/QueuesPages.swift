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
/// - `/queues/failed?from=0`: what failed, the newest first, and groups of it by class and error.
/// - `/queues/redis?from=CURSOR`: Redis and the keys of the namespace; `/queues/redis/KEY?from=0`: what is in one.
/// - All but those of Redis take the words of a search as `q`: ``QueuesSearch``.
/// - POST `/queues/failed/retry` and `/queues/failed/remove` with `entry=DIGEST`, as often as needed, or `entries=` with
///   digests between blanks; POST `/queues/pause` with `paused=yes`;
///   POST `/queues/remove` with `queue=NAME`.
///
/// What a page asks of Redis does not grow with the jobs: of a list it reads a page, of the failed ones the newest 1000, and
/// where jobs are searched the first 1000.
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
        case []: return try await QueuesOverview(queue, history, request.query).page()
        case ["working"]: return try await WorkersPage(queue, request.query).working()
        case ["workers"]: return try await WorkersPage(queue, request.query).workers()
        case ["schedules"]: return try await SchedulesPage(queue, request.query).page()
        case ["delayed"]: return try await DelayedPage(queue, request.query, try DataPage.place(request)).page()
        case ["redis"]: return try await RedisPage(queue).overview(request.query["from"])
        case _ where path.count == 2 && path[0] == "redis":
            return try await RedisKeyPage(queue, path[1].text, from: request.query["from"]).page
        case ["failed"]: return try await FailedPage(queue, request.query, try DataPage.place(request)).page()
        case _ where path.count == 2 && path[0] == "queue":
            return try await JobsPage(queue, path[1].text, request.query, try DataPage.place(request)).page()
        default: throw Problem(.notFound, "there is no such page", advice: "GET /queues")
        }
    }

    // MARK: Changes

    /// The queue that the form names; nil where it names none. Percent-encoded once more: an attribute shows some characters of
    /// a name in another way.
    private func queueName(_ request: PageRequest) throws(Problem) -> String? {
        guard let encoded = request.form.all("queue").first else { return nil }
        guard let name = try? PercentDecoding.text(encoded.utf8) else {
            throw Problem(.badRequest, "the name of the queue is not percent-encoded UTF-8")
        }
        return name
    }

    private func remove(_ request: PageRequest) async throws -> PageResponse {
        guard let name = try queueName(request) else { throw Problem(.badRequest, "no queue is named") }
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
            if let name = try queueName(request) {
                try await queue.pause(queue: name, isPaused)
            } else {
                try await queue.pause(isPaused)
            }
            logger.info(
                "\(isPaused ? "Queues were paused" : "Queues were resumed") on the page",
                metadata: ["queue": "\(request.form.all("queue").first ?? "all")", "by": "\(request.user)"])
            return .redirect("/queues")
        case ["remove"]: return try await remove(request)
        case ["failed", "retry"]: return try await FailedChange(queue, request, logger).retry()
        case ["failed", "remove"]: return try await FailedChange(queue, request, logger).remove()
        default: throw Problem(.notFound, "there is no such action")
        }
    }
}
