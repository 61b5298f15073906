import ArgumentParser
import BgdemoLocal
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import BgdemoCore
import BgdemoTelemetry
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
    @OptionGroup(title: "Redis") var redis: RedisArguments
    @OptionGroup(title: "Resque") var resque: ResqueOptions
    @OptionGroup(title: "Event bus") var events: EventOptions
    @OptionGroup(title: "Logging") var log: LoggingOptions

    func run() async throws {
        let environment = EnvironmentVariables.process
        guard let configuration = try ServeConfiguration(self, environment) else { return }
        CurrentProcess.prepare()

        let group = MultiThreadedEventLoopGroup.singleton
        let master = try await MasterConnection.ofChild(environment.variables, group: group)
        try configuration.check(isChild: master != nil)
        let reporting = try log.start(
            environment, name: configuration.isMaster ? "master" : master?.name, master: master)
        defer { reporting.end() }
        let logger = reporting.logger
        EventLoopDelay.watch(group)

        let redis =
            configuration.descriptor.needsRedis
            ? try await RedisConnector.find(self.redis, environment, logger: logger) : nil
        defer { withExtendedLifetime(redis) {} }
        let transport =
            try await configuration.sends
            ? MailTransport.open(mail, environment, group: group, logger: logger) : .sentByWorkers
        let context = try equip(environment, configuration, transport, redis, master, group, logger)
        let assembly = ServiceAssembly(
            command: self, environment: environment, configuration: configuration, context: context,
            transport: transport, reporting: reporting)

        try await live(assembly.services(), reporting)
        await assembly.settle()
        await master?.drained()
    }

    private func equip(
        _ environment: EnvironmentVariables, _ configuration: ServeConfiguration, _ transport: MailTransport,
        _ redis: RedisConnector?, _ master: MasterConnection?,
        _ group: any EventLoopGroup, _ logger: Logger
    ) throws -> StrategyContext {
        try StrategyContext(
            sender: transport.sender, tracker: DeliveryTracker(logger: logger, limit: configuration.work.backlog),
            throttle: configuration.work.throttle, retry: configuration.work.retry,
            concurrency: configuration.work.concurrency,
            backlog: configuration.work.backlog, answerWithin: configuration.work.answerWithin, semantics: configuration.work.semantics,
            grace: configuration.grace.left, group: group,
            logger: logger, master: master, role: configuration.role, resque: configuration.resque,
            events: configuration.events,
            archive: work.archive(environment), redis: redis)
    }

    /// Runs until a signal ends it, or one of the services does.
    private func live(_ services: [any Service], _ reporting: Reporting) async throws {
        let interrupts = Task { await SecondInterrupt.exit(reporting) }
        defer { interrupts.cancel() }
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: .silent)
        ).run()
    }
}
