import ArgumentParser
import HTTP
import Local
import NIOCore
import Pipes
import Strategy
import Telemetry

/// One process of the house: what was asked of it, and what it is made of.
struct Household: Sendable {
    let command: ServeCommand
    let environment: Environment
    let plan: Plan
    let workshop: Workshop
    let post: Post
    let reporting: Reporting

    /// The variable that tells the web server where the inbox' page is, which the master runs.
    static let pageVariable = "BGDEMO_INBOX_PAGE"

    func localMaster() async throws -> Master {
        let settings = try command.local.settings(environment, workshop)
        let listener = try await SharedListener.bind(host: plan.host, port: plan.port, group: workshop.group)
        let line = Site.firstLine(
            plan.entry, host: plan.host, port: listener.port, post: post, redis: workshop.redis)
        let terminal = Terminal(
            started: { [warnings = command.unused(plan.entry, .all)] in reporting.announce(line, warnings: warnings) },
            print: { reporting.write($0) },
            voice: { reporting.voice($0) }, metrics: { reporting.metrics.text(where: Self.isOfMails) })
        return try Master(
            settings, on: workshop.group.next(), listener: listener, terminal: terminal, logger: workshop.logger,
            launch: launch)
    }

    /// The numbers that are the master's to tell: of the mails, not of its own threads and pages.
    private static func isOfMails(_ label: String) -> Bool {
        ["bgdemo_local_", "bgdemo_mails_", "bgdemo_sends_", "bgdemo_time_to_"].contains { label.hasPrefix($0) }
    }

    /// This command again, as one of its halves. Where mails go is told by variables: a URL may hold a password, and
    /// arguments are for everyone to read. The web server is told neither.
    private func launch(_ role: ChildRole) -> Launch {
        let given = Self.without(["--role", "--smtp-url"], CommandLine.arguments.dropFirst())
        let variables: [String: String?] =
            switch role {
            case .server:
                ["SMTP_URL": "discard:", "SMTP_PASSWORD": nil, "SMTP_PASSWORD_FILE": nil, Self.pageVariable: post.page]
            case .worker: ["SMTP_URL": post.url]
            }
        return Launch(arguments: given + ["--role", role.rawValue], variables: variables)
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
    init(_ workshop: Workshop) throws {
        guard let link = workshop.link else { throw LinkError() }
        self.init(
            link: link, sender: workshop.sender, tracker: workshop.tracker, throttle: workshop.throttle,
            semantics: workshop.semantics, logger: workshop.logger)
    }
}
