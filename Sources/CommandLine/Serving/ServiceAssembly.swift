import ArgumentParser
import BgdemoHTTPServer
import BgdemoLocal
import BgdemoNetSupport
import NIOCore
import BgdemoPipes
import BgdemoCore
import BgdemoTelemetry

/// One process of the house: what was asked of it, and what it is made of.
struct ServiceAssembly: Sendable {
    let command: ServeCommand
    let environment: EnvironmentVariables
    let configuration: ServeConfiguration
    let context: StrategyContext
    let transport: MailTransport
    let reporting: Reporting

    /// The variable that tells the web server where the inbox' page is, which the master runs.
    static let pageVariable = "BGDEMO_INBOX_PAGE"

    func localMaster() async throws -> Master {
        let settings = try command.local.settings(environment, context)
        let listener = try await SharedListener.bind(
            host: configuration.host, port: configuration.port, group: context.group)
        let line = Routes.startupLine(
            configuration.descriptor, host: configuration.host, port: listener.port, transport: transport,
            redis: context.redis)
        let terminal = MasterOutput(
            started: { [warnings = command.unused(configuration.descriptor, .all)] in
                reporting.announce(line, warnings: warnings)
            },
            print: { reporting.write($0) },
            voice: { reporting.voice($0) }, metrics: { reporting.metrics.text(where: Self.isOfMails) })
        return try Master(
            settings, on: context.group.next(), listener: listener, terminal: terminal, logger: context.logger,
            launch: launch)
    }

    /// The numbers that are the master's to tell: of the mails, not of its own threads and pages.
    private static func isOfMails(_ label: String) -> Bool {
        ["bgdemo_local_", "bgdemo_mails_", "bgdemo_sends_", "bgdemo_time_to_"].contains { label.hasPrefix($0) }
    }

    /// This command again, as one of its halves. Where mails go is told by variables: a URL may hold a password, and
    /// arguments are for everyone to read. The web server is told neither.
    private func launch(_ role: ChildRole) -> ChildCommand {
        let given = Self.without(["--role", "--smtp-url"], CommandLine.arguments.dropFirst())
        let variables: [String: String?] =
            switch role {
            case .server:
                [
                    "SMTP_URL": "discard:", "SMTP_PASSWORD": nil, "SMTP_PASSWORD_FILE": nil,
                    Self.pageVariable: transport.page,
                ]
            case .worker: ["SMTP_URL": transport.url]
            }
        return ChildCommand(arguments: given + ["--role", role.rawValue], variables: variables)
    }

    private static func without(_ options: Set<String>, _ arguments: some Sequence<String>) -> [String] {
        var kept: [String] = []
        var isValue = false
        for argument in arguments {
            defer { isValue = options.contains(argument) }
            guard !isValue, !options.contains(String(argument.prefix { $0 != "=" })) else { continue }
            kept.append(argument)
        }
        return kept
    }
}

extension Local {
    init(_ context: StrategyContext) throws {
        guard let master = context.master else { throw MasterConnectionError() }
        self.init(
            master: master, sender: context.sender, tracker: context.tracker, throttle: context.throttle,
            semantics: context.semantics, logger: context.logger)
    }
}
