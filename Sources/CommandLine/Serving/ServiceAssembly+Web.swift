import BgdemoCore
import BgdemoHTTPServer
import BgdemoMailAPI
import BgdemoWeb
import Eventr
import QueueBus
import RedisClient
import Resque

/// What listens in a process, where anything does.
extension ServiceAssembly {
    /// - Returns: The web server and the startup line; without a server for a worker that has no status port.
    func web(_ strategy: any Strategy) async throws -> (WebService?, startupLine: String) {
        if configuration.role.serves { return try await webServer(strategy) }
        let redis = redis.map { " · redis \($0.description)" } ?? ""
        let line = "bgdemo \(configuration.descriptor.name), worker\(redis) · mail \(transport.description)"
        guard let statusPort = configuration.statusPort, context.master == nil else { return (nil, line) }
        let server = try await start(
            Routes.forWorker(strategy, reporting, configuration.pageTokens, transport.check), port: statusPort)
        let status = " · status \(Routes.url(host: configuration.host, port: server.port))metrics"
        return (WebService(server: server, deadline: configuration.deadline, closed: {}, endMails: {}), line + status)
    }

    private func webServer(_ strategy: any Strategy) async throws -> (WebService?, startupLine: String) {
        let routes = Routes(
            descriptor: configuration.descriptor, strategy: strategy, access: configuration.access,
            pageTokens: configuration.pageTokens, backlog: configuration.work.backlog, reporting: reporting,
            mailServer: transport.check, statuses: context.tracker.statuses,
            inbox: try transport.page ?? environment.value(String?.none, Self.pageVariable),
            sections: try sections, insideInbox: transport.insideInbox, pageAccess: configuration.pageAccess,
            logger: context.logger)
        let master = context.master
        await master?.waitUntilMayAccept()
        let server = try await start(routes.handler, port: configuration.port)
        let service = WebService(
            server: server, deadline: configuration.deadline, closed: { master?.didStopAccepting() },
            endMails: { if !configuration.descriptor.hasWorker { await closeTransport(within: .zero) } })
        return (service, startupLine(port: server.port, isReady: await isRedisAvailable(to: strategy)))
    }

    /// Whether the Redis of the strategy answers, as far as it has one. Its outage is logged already.
    private func isRedisAvailable(to strategy: any Strategy) async -> Bool {
        guard let outage = redis?.options.outageLogger else { return true }
        _ = try? await strategy.check()
        return !outage.isReporting
    }

    /// The pages beside the home page that this process has something to show on.
    private var sections: [any PageSection] {
        get throws {
            var sections: [any PageSection] = []
            if let inbox = transport.insideInbox {
                sections.append(InboxPages(inbox, at: "/inbox", logger: context.logger))
            }
            guard let redis else { return sections }
            for pages in configuration.descriptor.pages {
                switch pages {
                case .queues:
                    let (commands, namespace) = try keys(redis)
                    sections.append(
                        QueuesPages(Queue(redis: commands, namespace: namespace), logger: context.logger))
                case .bus:
                    let (commands, namespace) = try keys(redis)
                    sections.append(
                        BusPages(
                            Queue(redis: commands, namespace: namespace),
                            Subscriptions(redis: commands, namespace: namespace)))
                case .events(let isCluster):
                    var options = EventLogOptions()
                    options.isCluster = try isCluster(context)
                    let commands = redis.connect(isCluster: options.isCluster, context.group, logger: context.logger)
                    sections.append(EventsPages(EventLog(redis: commands, options: options), logger: context.logger))
                }
            }
            return sections
        }
    }

    /// A connection to where the keys of Resque are, and what they begin with.
    private func keys(_ redis: RedisEndpoint) throws -> (any RedisCommands, String) {
        let namespace = try context.options(NamespaceOptions.self).namespace(context.environment, on: redis.url)
        return (redis.connect(context.group, to: namespace + ":", logger: context.logger), namespace)
    }

    func startupLine(port: Int, isReady: Bool = true) -> String {
        Routes.startupLine(
            configuration.descriptor, host: configuration.host, port: port, transport: transport, redis: redis,
            isReady: isReady)
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
}
