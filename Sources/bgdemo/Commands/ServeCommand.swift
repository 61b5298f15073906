import ArgumentParser
import Local
import Logging
import NIOCore
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
        guard let plan = try Plan(self, environment) else { return }
        Process.prepare()

        let group = MultiThreadedEventLoopGroup.singleton
        let link = try await Link.ofChild(environment.variables, group: group)
        try plan.check(isChild: link != nil)
        let reporting = try log.start(environment, name: plan.isMaster ? "master" : link?.name, link: link)
        defer { reporting.end() }
        let logger = reporting.logger
        LoopDelay.watch(group)

        let redis = plan.entry.needsRedis ? try await RedisPlace.find(self.redis, environment, logger: logger) : nil
        defer { withExtendedLifetime(redis) {} }
        let post = try await plan.sends ? Post.open(mail, environment, group: group, logger: logger) : .ofWorkers
        let workshop = try equip(environment, plan, post, redis, link, group, logger)
        let household = Household(
            command: self, environment: environment, plan: plan, workshop: workshop, post: post, reporting: reporting)

        try await live(household.services(), reporting)
        await household.settle()
        await link?.drained()
    }

    private func equip(
        _ environment: Environment, _ plan: Plan, _ post: Post, _ redis: RedisPlace?, _ link: Link?,
        _ group: any EventLoopGroup, _ logger: Logger
    ) throws -> Workshop {
        try Workshop(
            sender: post.sender, tracker: DeliveryTracker(logger: logger, limit: plan.work.backlog),
            throttle: plan.work.throttle, retry: plan.work.retry, concurrency: plan.work.concurrency,
            backlog: plan.work.backlog, semantics: plan.work.semantics, grace: plan.grace.left, group: group,
            logger: logger, link: link, role: plan.role, resque: plan.resque, events: plan.events,
            archive: work.archive(environment), redis: redis)
    }

    /// Runs until a signal ends it, or one of the services does.
    private func live(_ services: [any Service], _ reporting: Reporting) async throws {
        let hurry = Task { await Hurry.atSecondInterrupt(reporting) }
        defer { hurry.cancel() }
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: .silent)
        ).run()
    }
}
