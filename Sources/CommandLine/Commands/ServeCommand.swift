import ArgumentParser
import BgdemoCore
import BgdemoEmail
import BgdemoOTLP
import BgdemoTelemetry
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Tracing
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answers /TO/SUBJECT/TEXT and sends the mail by a strategy.",
        discussion: """
            Each option may come from the environment variable in its parentheses; the flag wins. \(Duration.formsSentence)

              bgdemo serve --strategy foreground
              bgdemo serve --strategy foreground --smtp-url smtp://127.0.0.1:1025 --port 80
              bgdemo serve --strategy local --spool mails --dead-letters dead.jsonl
              bgdemo serve --strategy resque --role server --redis-url redis://db
              bgdemo serve --strategy resque --role worker --redis-url redis://db
              SMTP_PASSWORD_FILE=password bgdemo serve \\
                --smtp-url gmail --smtp-user me@gmail.com --from me@gmail.com
            """)

    /// What is served, and by which process.
    struct Choice: ParsableArguments {
        @Option(help: "How the mail leaves the request (BGDEMO_STRATEGY). Default: foreground.")
        var strategy: StrategyName?

        @Option(help: "What this process runs (ROLE). Default: all.")
        var role: Role?
    }

    @OptionGroup(title: "Strategy") var choice: Choice
    @OptionGroup(title: "Listening") var listen: ListenOptions
    @OptionGroup(title: "Mail") var mail: MailOptions
    @OptionGroup(title: "Working") var work: WorkOptions
    @OptionGroup(title: "Redis") var redis: RedisArguments
    @OptionGroup var strategies: StrategyOptionGroups
    @OptionGroup(title: "Logging") var log: LoggingOptions
    @OptionGroup(title: "Tracing") var tracing: TracingOptions

    func run() async throws {
        let environment = EnvironmentVariables.process
        let configuration = try ServeConfiguration(self, environment)
        CurrentProcess.prepare()

        let group = MultiThreadedEventLoopGroup.singleton
        let master = try await configuration.descriptor.master?.connect(environment, group)
        try configuration.check(isChild: master != nil)
        let reporting = try log.start(
            environment, name: configuration.isMaster ? "master" : master?.name, master: master)
        defer { reporting.end() }
        let logger = reporting.logger
        let interrupts = Task { await SecondInterrupt.exitAtSecond(reporting) }
        defer { interrupts.cancel() }
        // A master passes mails on, and sees none.
        let spans = configuration.isMaster ? nil : try tracing.start(environment, logger: logger)
        EventLoopDelay.watch(group)

        let redis = try await connector(configuration, environment, logger)
        defer { withExtendedLifetime(redis) {} }
        let transport = try await MailTransport.open(configuration, mail, environment, group: group, logger: logger)
        let context = StrategyContext(
            sender: sender(transport, configuration),
            tracker: DeliveryTracker(logger: logger, work: configuration.work, role: configuration.role),
            work: configuration.work, grace: configuration.deadline.left, role: configuration.role, group: group,
            logger: logger, environment: environment, redis: redis?.endpoint, master: master,
            options: strategies.groups)
        let assembly = ServiceAssembly(
            command: self, environment: environment, configuration: configuration, context: context,
            redis: redis?.endpoint, transport: transport, reporting: reporting)

        // A master replaces its children at SIGHUP.
        let hangup = configuration.isMaster || CurrentProcess.ignoresHangup ? [] : [UnixSignal.sighup]
        try await ServiceGroup.run(assembly.services(), until: [.sigterm, .sigint, .sigquit] + hangup)
        await assembly.finishMails()
        await spans?.end(within: .seconds(1))
        await master?.flush()
    }

    private func sender(_ transport: MailTransport, _ configuration: ServeConfiguration) -> any EmailSender {
        guard configuration.sends, let tracer = InstrumentationSystem.installedTracer else { return transport.sender }
        return TracedSender(transport.sender, tracer)
    }

    private func connector(
        _ configuration: ServeConfiguration, _ environment: EnvironmentVariables, _ logger: Logger
    ) async throws -> RedisConnector? {
        guard configuration.descriptor.needsRedis else { return nil }
        return try await RedisConnector.find(redis, environment, logger: logger)
    }
}
