import BgdemoCore
import ArgumentParser
import BgdemoHTTPServer
import BgdemoSMTPInbox
import BgdemoWeb
import Logging
import NIOPosix
import ServiceLifecycle

/// The mail catcher alone, with its pages, until SIGTERM or SIGINT.
struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "Catches mails: an SMTP server that shows what it got, and that can be slow, full, flaky or broken.",
        discussion: """
            An address can ask for trouble, too: fail-550@… gets that code at RCPT, fail-once@… 451 after the dot the \
            first time each mail comes, slow-2s@… a slow answer, drop@… a lost connection; fail-once+bob@… is one of them. \
            \(Duration.formsSentence)

              bgdemo inbox --delay 2s
              bgdemo inbox --fail-rate 0.1 --fail stored:drop:0.01 --seed 7
            """)

    @Option(help: ArgumentHelp("The address to listen on (HOST). Default: 127.0.0.1.", valueName: "address"))
    var host: String?

    @Option(
        help: ArgumentHelp("The SMTP port, 0 for any (BGDEMO_INBOX_PORT). Default: 1025.", valueName: "port"),
        transform: Int.parse)
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "The port of the pages, 0 for any (BGDEMO_INBOX_PAGE_PORT). Default: 8025.", valueName: "port"),
        transform: Int.parse)
    var pagePort: Int?

    @OptionGroup(title: "Access") var access: InboxAccessOptions
    @OptionGroup(title: "Inbox") var inbox: InboxOptions
    @OptionGroup(title: "Logging") var log: LoggingOptions

    func run() async throws {
        let environment = EnvironmentVariables.process
        let host = try environment.value(host, "HOST") ?? "127.0.0.1"
        let port = try environment.value(port, "BGDEMO_INBOX_PORT") ?? 1025
        let pagePort = try environment.value(pagePort, "BGDEMO_INBOX_PAGE_PORT") ?? 8025
        guard (0...65_535).contains(port), (0...65_535).contains(pagePort) else {
            throw ValidationError("a port is from 0 to 65535")
        }
        try access.check(host, environment)
        let settings = try inbox.settings(environment)
        CurrentProcess.prepare()

        let reporting = try log.start(environment)
        defer { reporting.end() }
        let group = MultiThreadedEventLoopGroup.singleton
        // One loop takes as many mails as several: the kernel does most of the work, and the clients want cores as well.
        let inbox = try await Inbox.start(
            host: host, port: port, settings: settings, group: group.next(), logger: reporting.logger)
        let pages = WebSite(
            [InboxPages(inbox, logger: reporting.logger)],
            access: try access.pageAccess(host, environment), logger: reporting.logger)
        let server = try await HTTPServer.start(
            host: host, port: pagePort, group: group, logger: reporting.logger,
            handler: try access.guarding(pages, host, environment))
        let page = "http://\(host.contains(":") ? "[\(host)]" : host):\(server.port)/"
        let chance = settings.isRandom ? " · seed \(settings.seed)" : ""
        let service = InboxService(inbox: inbox, server: server) {
            reporting.announce("bgdemo inbox · mail \(inbox.url) · page \(page)\(chance)")
        }
        try await ServiceGroup.run([service])
    }
}

/// The inbox and its pages, until they are told to stop.
private struct InboxService: Service {
    let inbox: Inbox
    let server: HTTPServer
    let announce: @Sendable () -> Void

    func run() async throws {
        announce()
        try await gracefulShutdown()
        async let pages: Void = server.drain(within: .seconds(2))
        await inbox.stop()
        await pages
    }
}
