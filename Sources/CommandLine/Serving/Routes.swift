import BgdemoHTTPServer
import BgdemoEmail
import BgdemoCore
import BgdemoFoundations
import BgdemoMailAPI
import BgdemoSMTPInbox
import BgdemoTelemetry
import BgdemoWeb
import Logging
import Tracing

/// The handlers of the web server, by path.
struct Routes: Sendable {
    let descriptor: StrategyDescriptor
    let strategy: any Strategy
    let access: AccessPolicy
    /// What the pages for people and for Prometheus ask for.
    let pageTokens: PageTokens
    /// How many requests may wait for another one with their Idempotency-Key.
    let backlog: Int
    let reporting: Reporting
    let mailServer: MailServerCheck?
    /// Where it is kept what became of the mails.
    let statuses: (any MailStatusStore)?
    let inbox: String?
    /// Sections beside the home page.
    let sections: [any PageSection]
    /// Where mails arrive, if they do in this process.
    let insideInbox: Inbox?
    let pageAccess: PageAccess
    let logger: Logger

    var handler: any HTTPHandler {
        let links = (inbox.map { [("the inbox", $0)] } ?? []) + [("metrics", "/metrics")]
        let home = HomePage(strategy: descriptor.name, summary: descriptor.summary, links: links)
        let route = MailRoute(strategy, access: access, waiterLimit: backlog, statuses: statuses)
        let mails: any HTTPHandler =
            if let tracer = InstrumentationSystem.installedTracer { TracedHandler(route, tracer) } else { route }
        let router = MailRouter(
            pages: Self.status(strategy, reporting, pageTokens, mailServer)
                .merging(["/": pageTokens.protect(home, by: pageTokens.home)]) { $1 },
            mails: mails)
        let form = HomePages(
            HomePages.StrategyDiagram(
                name: descriptor.name, summary: descriptor.summary, hasWorker: descriptor.hasWorker,
                needsRedis: descriptor.needsRedis),
            mails: mails, token: access.token, inbox: insideInbox, inboxURL: insideInbox == nil ? inbox : "/inbox",
            attempts: statuses.map { store in { @Sendable id in await Self.attempts(id, in: store) } })
        return WebSite(
            [form] + sections, access: pageAccess, links: [("Metrics", "/metrics")], logger: logger, next: router)
    }

    private static func attempts(_ id: String, in statuses: any MailStatusStore) async -> HomePages.Attempts? {
        guard let id = EmailID(id), let status = try? await statuses.status(of: id) else { return nil }
        return HomePages.Attempts(count: status.attempts, state: status.state, reason: status.reason)
    }

    /// The pages of a worker, which takes no mails.
    static func forWorker(
        _ strategy: any Strategy, _ reporting: Reporting, _ tokens: PageTokens, _ mailServer: MailServerCheck?
    ) -> any HTTPHandler {
        let advice = "GET /healthz, /readyz or /metrics; mails go to the web server"
        return MailRouter(
            pages: status(strategy, reporting, tokens, mailServer),
            mails: PageHandler { _ in Problem(.notFound, "a worker takes no mails", advice: advice).response })
    }

    private static func status(
        _ strategy: any Strategy, _ reporting: Reporting, _ tokens: PageTokens, _ mailServer: MailServerCheck?
    ) -> [String: any HTTPHandler] {
        [
            "/healthz": PageHandler { _ in HTTPResponse(.ok, .json, "{\"status\":\"ok\"}\n") },
            "/readyz": PageHandler { _ in await readiness(strategy, mailServer) },
            "/metrics": tokens.protect(
                PageHandler { _ in HTTPResponse(.ok, .prometheus, reporting.numbers) }, by: tokens.metrics),
        ]
    }

    private static func readiness(_ strategy: any Strategy, _ mailServer: MailServerCheck?) async -> HTTPResponse {
        do throws(AcceptError) {
            try await strategy.check()
            if let failure = mailServer?.failure() {
                throw .unavailable("the mail server can't be used: \(printable("\(failure)"))", retryAfter: .seconds(1))
            }
            return HTTPResponse(.ok, .json, ready(try await strategy.schedulerStatus(), strategy.workerSignals))
        } catch {
            return Problem(error).response
        }
    }

    /// No names: anybody may ask.
    private static func ready(_ scheduler: SchedulerStatus?, _ workers: WorkerSignals?) -> String {
        var json = JSONWriter()
        json.object {
            $0.member("status", "ready")
            if let workers, workers.isPaused() { $0.member("paused", true) }
            guard let scheduler else { return }
            $0.member("leader", scheduler.hasLeader)
            $0.member("overdue", scheduler.overdue)
            $0.member("overdueSeconds", scheduler.delay.milliseconds / 1000)
        }
        return json.text + "\n"
    }

    /// Strategy, the URL to curl, Redis, mail, and the page.
    ///
    /// - Parameter isReady: Whether a mail would be accepted now; else no URL to curl is named.
    static func startupLine(
        _ descriptor: StrategyDescriptor, host: String, port: Int, transport: MailTransport, redis: RedisEndpoint?,
        isReady: Bool
    ) -> String {
        let url = url(host: host, port: port)
        let page = transport.page.map { " · inbox \($0)" } ?? ""
        let stores = redis.map { " · redis \($0.description)" } ?? ""
        let state = isReady ? "try: curl \(url)you@example.org/hello/it-works" : "not ready"
        return "bgdemo \(descriptor.name) · \(state)\(stores) · mail \(transport.description)\(page) · page \(url)"
    }

    /// The URL by which this host reaches what listens there.
    static func url(host: String, port: Int) -> String {
        let name = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "[::1]" : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)/"
    }
}

/// The token that the pages ask for, where others can reach them.
struct PageTokens: Sendable {
    let home: BearerToken?
    let metrics: BearerToken?

    /// - Parameters:
    ///   - host: On loopback no page asks for a token, unless the server has a public name.
    ///   - token: Nil where there is none.
    init(listeningOn host: String, publicHosts: [String], token: BearerToken?, protectsMetrics: Bool) {
        home = HostCheck.isReachedByOthers(listeningOn: host, publicHosts: publicHosts) ? token : nil
        metrics = protectsMetrics ? home : nil
    }

    func protect(_ page: any HTTPHandler, by token: BearerToken?) -> any HTTPHandler {
        token.map { ProtectedPage(page, token: $0) } ?? page
    }
}
