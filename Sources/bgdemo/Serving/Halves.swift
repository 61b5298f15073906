import HTTP
import Local
import Logging
import ServiceLifecycle
import Strategy

/// What runs in a process: the master, or a strategy's halves.
extension Household {
    /// They end in the reverse order: the web server before the workers.
    func services() async throws -> [any Service] {
        if plan.isMaster, let master = plan.entry.master { return [try await master(self)] }
        let strategy = try await plan.entry.make(workshop)
        let (web, line) = try await web(strategy)
        let firstLine = FirstLine { [reporting, warnings = command.unused(plan.entry, plan.role)] in
            reporting.announce(line, warnings: warnings)
        }
        let worker = plan.works ? WorkerHalf(strategy: strategy, grace: plan.grace, firstLine: firstLine) : nil
        let all: [(any Service)?] = [firstLine, worker, web, workshop.link]
        return all.compactMap { $0 }
    }

    /// What listens, where anything does, and the first line to be said.
    private func web(_ strategy: any Strategy) async throws -> (WebHalf?, firstLine: String) {
        if plan.role.serves { return try await webHalf(strategy) }
        let redis = workshop.redis.map { " · redis \($0.description)" } ?? ""
        let line = "bgdemo \(plan.entry.name), worker\(redis) · mail \(post.description)"
        guard let statusPort = plan.statusPort, workshop.link == nil else { return (nil, line) }
        let server = try await start(Site.ofWorker(strategy, reporting), port: statusPort)
        let status = " · status \(Site.url(host: plan.host, port: server.port))metrics"
        return (WebHalf(server: server, grace: plan.grace, closed: {}, giveUp: {}), line + status)
    }

    private func webHalf(_ strategy: any Strategy) async throws -> (WebHalf?, firstLine: String) {
        let site = Site(
            entry: plan.entry, strategy: strategy, access: plan.access, reporting: reporting,
            inbox: try post.page ?? environment.value(String?.none, Self.pageVariable))
        let link = workshop.link
        await link?.turn()
        let server = try await start(site.handler, port: plan.port)
        let half = WebHalf(
            server: server, grace: plan.grace, closed: { link?.closed() },
            giveUp: { if !plan.entry.hasWorker { await giveUp(within: .zero) } })
        return (half, Site.firstLine(plan.entry, host: plan.host, port: server.port, post: post, redis: workshop.redis))
    }

    private func start(_ handler: any HTTPHandler, port: Int) async throws -> HTTPServer {
        try await HTTPServer.start(
            host: plan.host, port: port, listener: workshop.link?.listener, limits: plan.limits, group: workshop.group,
            logger: workshop.logger, handler: HostCheck.isLocal(plan.host) ? HostCheck(handler) : handler)
    }

    // MARK: The end

    /// The mails that are under way may end.
    func settle() async {
        let grace = plan.grace
        await withTaskGroup { group in
            group.addTask { await workshop.tracker.waitUntilIdle() }
            group.addTask { try? await Task.sleep(for: grace.left) }
            await group.next()
            await giveUp(within: grace.left)
            group.cancelAll()
        }
    }

    /// The time is up, or no mail is under way. What has not ended is said, since nobody else will.
    private func giveUp(within limit: Duration) async {
        let left = workshop.tracker.inFlight
        if left > 0 { workshop.logger.warning("\(left) mails were under way when the time to stop gracefully ran out") }
        await post.close(within: limit)
    }
}
