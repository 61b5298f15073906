import BgdemoFoundations
package import BgdemoHTTPServer
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
/// - `/queues/workers`, `/queues/delayed?from=0`.
/// - `/queues/failed?q=SEARCH&from=0`: what failed, the newest first, and groups of it by class and error.
/// - POST `/queues/failed/retry` and `/queues/failed/remove` with `entry=DIGEST`; POST `/queues/pause` with `paused=yes`.
///
/// What a page asks of Redis does not grow with the jobs: of a list it reads a page, of the failed ones the newest 1000.
public struct QueuesPages: PageRoutes {
    public let name = "Queues"
    public let home = "/queues"
    package let interval = Duration.seconds(2)
    let queue: Queue
    private let rates = JobRates()
    private let logger: Logger

    public init(_ queue: Queue, logger: Logger) {
        self.queue = queue
        self.logger = logger
    }

    /// Two counters that Redis keeps, and one second in two: jobs wait longer though nothing happens.
    package func version() async -> String {
        guard let stats = try? await queue.stats() else { return "away" }
        rates.add(processed: stats.processed, failed: stats.failed)
        return "\(stats.processed)-\(stats.failed)-\(Int(Date.now.timeIntervalSince1970) / 2)"
    }

    package func owns(_ path: [String], _ head: HTTPRequest.Head) -> Bool {
        path.first == "queues" || path == ["queues.json"]
    }

    package func respond(to request: PageRequest) async throws -> PageResponse {
        var path = request.path
        var asJSON = false
        if let last = path.last, last.hasByteSuffix(".json") {
            path[path.count - 1] = String(Substring(last.utf8.dropLast(5)))
            asJSON = true
        }
        if request.isPost { return try await act(Array(path.dropFirst()), request) }
        let page = try await page(Array(path.dropFirst()), request)
        guard !asJSON else {
            return .response(HTTPResponse(.ok, .json, page.values.json + "\n", headers: WebSite.headers))
        }
        var values = page.values
        values["mayAct"] = .flag(request.mayAct)
        values["form_token"] = .text(request.formToken)
        values["views"] = .list(
            Self.views.map {
                ["href": .text($0.path), "label": .text($0.label), "here": .flag($0.template == page.template)]
            })
        if case .list(let rows) = values["rows"] { values["rowsExist"] = .flag(!rows.isEmpty) }
        values["subnav"] = .html(Templates.render("queues-nav", values))
        return .page(title: page.title, main: Templates.render(page.template, values))
    }

    private static let views = [
        (path: "/queues", label: "Overview", template: "queues"),
        (path: "/queues/workers", label: "Workers", template: "queues-workers"),
        (path: "/queues/delayed", label: "Delayed", template: "queues-delayed"),
        (path: "/queues/failed", label: "Failed", template: "queues-failed"),
    ]

    /// What a page shows, before it is HTML or JSON.
    struct Page {
        let title: String
        let template: String
        let values: TemplateValues
    }

    private func page(_ path: [String], _ request: PageRequest) async throws -> Page {
        switch path {
        case []: return try await QueuesOverview(queue, rates).page()
        case ["workers"]: return try await WorkersPage(queue).page()
        case ["delayed"]: return try await delayed(try Self.place(request))
        case ["failed"]: return try await FailedPage(queue, request.query["q"] ?? "", try Self.place(request)).page()
        case _ where path.count == 2 && path[0] == "queue": return try await jobs(path[1], try Self.place(request))
        default: throw Problem(.notFound, "there is no such page", advice: "GET /queues")
        }
    }

    private static func place(_ request: PageRequest) throws(Problem) -> Int {
        guard let text = request.query["from"] else { return 0 }
        guard let place = Int(text), (0...Int(UInt32.max)).contains(place) else {
            throw Problem(.badRequest, "from is not a place in a list", advice: "from=50")
        }
        return place
    }

    // MARK: Jobs

    static let rows = 50

    private func jobs(_ name: String, _ place: Int) async throws -> Page {
        let length = try await queue.length(of: name)
        let jobs = try await queue.peek(name, place..<(place + Self.rows))
        let rows = jobs.enumerated().map { offset, bytes -> TemplateValues in
            JobSummary(bytes, queue: name).values.merging(["place": .int(place + offset)]) { $1 }
        }
        return Page(
            title: PageText.cut(name, 80), template: "queues-jobs",
            values: [
                "queue": .text(name), "length": .int(length), "rows": .list(rows),
                "more": Self.more(place, jobs.count, length, "/queues/queue/\(PageFields.encode(name))?"),
            ])
    }

    private func delayed(_ place: Int) async throws -> Page {
        let total = try await queue.delayedSecondsCount()
        let scheduler = try await queue.scheduler()
        let found = try await queue.delayed(from: place, limit: Self.rows)
        let rows = found.map { second, count, first -> TemplateValues in
            let date = Date(timeIntervalSince1970: Double(max(0, min(second, 253_402_300_799))))
            let job = first.map { JobSummary($0, queue: "").values } ?? [:]
            return job.merging(["second": .int(second), "time": .one(PageText.time(date)), "count": .int(count)]) { $1 }
        }
        return Page(
            title: "Delayed", template: "queues-delayed",
            values: [
                "total": .int(total), "scheduler": .text(scheduler), "rows": .list(rows),
                "stays": .flag(scheduler == nil && total > 0),
                "more": Self.more(place, found.count, total, "/queues/delayed?"),
            ])
    }

    /// Links to the pages beside this one; nothing in JSON.
    static func more(_ place: Int, _ shown: Int, _ total: Int, _ path: String) -> TemplateValue {
        .html(
            Templates.render(
                "pages",
                [
                    "before": place > 0 ? .text("\(path)from=\(max(0, place - rows))") : .none,
                    "after": place + shown < total ? .text("\(path)from=\(place + shown)") : .none,
                    "range": .text(
                        shown == 0
                            ? "none of \(PageText.number(total))"
                            : "\(PageText.number(place + 1))–\(PageText.number(place + shown)) of \(PageText.number(total))"
                    ),
                ]))
    }

    // MARK: Changes

    private func act(_ path: [String], _ request: PageRequest) async throws -> PageResponse {
        switch path {
        case ["pause"]:
            let isPaused = request.form["paused"] == "yes"
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
        case ["failed", "retry"], ["failed", "remove"]:
            let isRetry = path[1] == "retry"
            let digests = Set(request.form.all("entry").map { ByteString($0) })
            guard !digests.isEmpty else { throw Problem(.badRequest, "no job is selected") }
            var done = 0
            for failed in try await FailedPage.newest(queue) where digests.contains(ByteString(failed.digest)) {
                if isRetry ? try await queue.retry(failed) : try await queue.remove(failed) { done += 1 }
            }
            logger.info(
                isRetry ? "Failed jobs were retried on the page" : "Failed jobs were removed on the page",
                metadata: [
                    "entries": "\(digests.map(\.text).sorted().prefix(20).joined(separator: " "))", "done": "\(done)",
                    "by": "\(request.user)",
                ])
            guard done > 0 else {
                throw Problem(.conflict, "somebody was faster: no such failed job is there any more")
            }
            return .redirect(
                request.form["back"].map { "/queues/failed?q=\(PageFields.encode($0))" } ?? "/queues/failed")
        default: throw Problem(.notFound, "there is no such action")
        }
    }
}
