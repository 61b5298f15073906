import ArgumentParser
import HTTP
import Local
import Logging
import NIOPosix
import ServiceLifecycle
import Strategy
import Telemetry
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answers /TO/SUBJECT/TEXT and sends the mail by a strategy.",
        discussion: """
            Each option may come from the environment variable in its parentheses; the flag wins.

              bgdemo serve --strategy foreground
              bgdemo serve --strategy foreground --smtp-url smtp://127.0.0.1:1025 --port 80
              bgdemo serve --strategy local --spool mails --dead-letters dead.jsonl
              bgdemo serve --strategy resque --role server --redis-url redis://db
              bgdemo serve --strategy resque --role worker --redis-url redis://db
              SMTP_PASSWORD_FILE=password bgdemo serve \\
                --smtp-url gmail --smtp-user me@gmail.com --from me@gmail.com
            """)

    @Option(help: "How the mail leaves the request (BGDEMO_STRATEGY). Default: foreground.")
    var strategy: StrategyName?

    @Option(help: "Which half this process is: all, server or worker (ROLE). Default: all.")
    var role: Role?

    @OptionGroup(title: "Listening") var listen: ListenOptions
    @OptionGroup(title: "Mail") var mail: MailOptions
    @OptionGroup(title: "Working") var work: WorkOptions
    @OptionGroup(title: "Local messages") var local: LocalOptions
    @OptionGroup(title: "Redis") var redis: RedisFlags
    @OptionGroup(title: "Resque") var resque: ResqueOptions
    @OptionGroup(title: "Event bus") var events: EventOptions
    @OptionGroup(title: "Logging") var log: LogOptions

    func run() async throws {
        let environment = Environment.process
        guard
            let entry = (try environment.value(strategy, "BGDEMO_STRATEGY") ?? StrategyName(argument: "foreground"))?
                .entry
        else { return }
        let role = try environment.value(role, "ROLE") ?? .all
        guard role != .worker || entry.hasWorker else {
            throw ValidationError("\(entry.name) has no worker half: its mails are sent by the web server itself")
        }
        let host = try listen.host(environment)
        let port = try listen.port(environment)
        // Who takes no mails sends none for strangers.
        let access = try role.serves ? listen.access(environment) : Access()
        let statusPort = try listen.statusPort(environment)
        let limits = try listen.limits(environment)
        let grace = Grace(try work.grace(environment))
        Process.prepare()

        let group = MultiThreadedEventLoopGroup.singleton
        let link = try await Link.ofChild(environment.variables, group: group)
        let isMaster = entry.master != nil && role == .all
        guard entry.master == nil || isMaster || link != nil else {
            throw ValidationError("the halves of \(entry.name) are its master's children: leave --role out")
        }
        let reporting = try log.start(environment, name: isMaster ? "master" : link?.name, link: link)
        defer { reporting.end() }
        let logger = reporting.logger
        LoopDelay.watch(group)
        let place = entry.needsRedis ? try await RedisPlace.find(redis, environment, logger: logger) : nil
        defer { withExtendedLifetime(place) {} }
        let post =
            role.works || !entry.hasWorker
            ? try await Post.open(mail, environment, group: group, logger: logger) : .ofWorkers
        let journey = try Journey(logger: logger, limit: work.backlog(environment))
        let workshop = try Workshop(
            sender: post.sender, journey: journey, throttle: work.throttle(environment),
            retry: work.retry(environment), concurrency: work.concurrency(environment),
            backlog: work.backlog(environment), semantics: work.semantics(environment), grace: grace.left, group: group,
            logger: logger, link: link, role: role, resque: resque.settings(environment),
            events: events.settings(environment), archive: work.archive(environment), redis: place)

        var services: [any Service] = []
        if isMaster, let master = entry.master {
            services.append(
                try await master(
                    Household(
                        command: self, environment: environment, entry: entry, workshop: workshop, post: post,
                        reporting: reporting)))
        } else {
            let strategy = try await entry.make(workshop)
            var line =
                "bgdemo \(entry.name), worker\(place.map { " · redis \($0.description)" } ?? "") · mail \(post.description)"
            if role.serves {
                let site = Site(
                    entry: entry, strategy: strategy, access: access, reporting: reporting,
                    inbox: try post.page ?? environment.value(String?.none, Household.pageVariable))
                await link?.turn()
                let server = try await Server.start(
                    host: host, port: port, listener: link?.listener, limits: limits, group: group, logger: logger,
                    handler: HostGate.isLocal(host) ? HostGate(site.handler) : site.handler)
                services.append(
                    WebHalf(
                        server: server, grace: grace, closed: { link?.closed() },
                        giveUp: { if !entry.hasWorker { await giveUp(journey, post, within: .zero, logger) } }))
                line = Site.firstLine(entry, host: host, port: server.port, post: post, redis: place)
            } else if let statusPort, link == nil {
                let pages = Site.ofWorker(strategy, reporting)
                let server = try await Server.start(
                    host: host, port: statusPort, limits: limits, group: group, logger: logger,
                    handler: HostGate.isLocal(host) ? HostGate(pages) : pages)
                services.append(WebHalf(server: server, grace: grace, closed: {}, giveUp: {}))
                line += " · status \(Site.url(host: host, port: server.port))metrics"
            }
            let firstLine = FirstLine { [line, warnings = unused(entry, role)] in
                reporting.announce(line, warnings: warnings)
            }
            // They end in the reverse order: the web server before the workers.
            if role.works, entry.hasWorker {
                services.insert(WorkerHalf(strategy: strategy, grace: grace, firstLine: firstLine), at: 0)
            }
            services.insert(firstLine, at: 0)
            if let link { services.append(link) }
        }
        let hurry = Task { await Hurry.atSecondInterrupt(reporting) }
        defer { hurry.cancel() }
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: .silent)
        ).run()
        await settle(journey, post, grace, logger)
        await link?.drained()
    }

    /// The mails that are under way may end.
    private func settle(_ journey: Journey, _ post: Post, _ grace: Grace, _ logger: Logger) async {
        await withTaskGroup { group in
            group.addTask { await journey.landed() }
            group.addTask { try? await Task.sleep(for: grace.left) }
            await group.next()
            await giveUp(journey, post, within: grace.left, logger)
            group.cancelAll()
        }
    }

    /// The time is up, or no mail is under way. What has not ended is said, since nobody else will.
    private func giveUp(_ journey: Journey, _ post: Post, within limit: Duration, _ logger: Logger) async {
        let left = journey.inFlight
        if left > 0 { logger.warning("\(left) mails were under way when the time to stop gracefully ran out") }
        await post.close(within: limit)
    }
}
