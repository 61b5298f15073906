import BgdemoHTTPServer
import BgdemoMailAPI
import BgdemoLocal
import Logging
import ServiceLifecycle
import BgdemoCore

/// What runs in a process: the master, or a strategy's halves.
extension ServiceAssembly {
    /// They end in the reverse order: the web server before the workers.
    func services() async throws -> [any Service] {
        if configuration.isMaster, let master = configuration.descriptor.master { return [try await master(self)] }
        let strategy = try await configuration.descriptor.make(context)
        let (web, line) = try await web(strategy)
        let startupLine = StartupLine {
            [reporting, warnings = command.unused(configuration.descriptor, configuration.role)] in
            reporting.announce(line, warnings: warnings)
        }
        let worker =
            configuration.works
            ? WorkerService(strategy: strategy, grace: configuration.grace, startupLine: startupLine) : nil
        let all: [(any Service)?] = [startupLine, worker, web, context.master]
        return all.compactMap { $0 }
    }

    /// What listens, where anything does, and the first line to be said.
    private func web(_ strategy: any Strategy) async throws -> (WebService?, startupLine: String) {
        if configuration.role.serves { return try await webService(strategy) }
        let redis = context.redis.map { " · redis \($0.description)" } ?? ""
        let line = "bgdemo \(configuration.descriptor.name), worker\(redis) · mail \(transport.description)"
        guard let statusPort = configuration.statusPort, context.master == nil else { return (nil, line) }
        let server = try await start(
            Routes.forWorker(strategy, reporting, configuration.pageTokens, transport.check), port: statusPort)
        let status = " · status \(Routes.url(host: configuration.host, port: server.port))metrics"
        return (WebService(server: server, grace: configuration.grace, closed: {}, giveUp: {}), line + status)
    }

    private func webService(_ strategy: any Strategy) async throws -> (WebService?, startupLine: String) {
        let routes = Routes(
            descriptor: configuration.descriptor, strategy: strategy, access: configuration.access,
            pageTokens: configuration.pageTokens, backlog: configuration.work.backlog, reporting: reporting,
            mailServer: transport.check,
            inbox: try transport.page ?? environment.value(String?.none, Self.pageVariable))
        let master = context.master
        await master?.turn()
        let server = try await start(routes.handler, port: configuration.port)
        let half = WebService(
            server: server, grace: configuration.grace, closed: { master?.closed() },
            giveUp: { if !configuration.descriptor.hasWorker { await giveUp(within: .zero) } })
        return (
            half,
            Routes.startupLine(
                configuration.descriptor, host: configuration.host, port: server.port, transport: transport,
                redis: context.redis)
        )
    }

    private func start(_ handler: any HTTPHandler, port: Int) async throws -> HTTPServer {
        try await HTTPServer.start(
            host: configuration.host, port: port, listener: context.master?.listener, limits: configuration.limits,
            group: context.group, logger: context.logger,
            handler: RequestGuard(
                handler,
                hosts: HostCheck(listeningOn: configuration.host, publicHosts: configuration.access.publicHosts),
                token: configuration.access.token))
    }

    // MARK: The end

    /// The mails that are under way may end.
    func settle() async {
        let grace = configuration.grace
        await withTaskGroup { group in
            group.addTask { await context.tracker.waitUntilIdle() }
            group.addTask { try? await Task.sleep(for: grace.left) }
            await group.next()
            await giveUp(within: grace.left)
            group.cancelAll()
        }
    }

    /// The time is up, or no mail is under way. What has not ended is said, since nobody else will.
    private func giveUp(within limit: Duration) async {
        let left = context.tracker.inFlight
        if left > 0 { context.logger.warning("\(left) mails were under way when the time to stop gracefully ran out") }
        await transport.close(within: limit)
    }
}
