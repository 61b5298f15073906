import BgdemoNetSupport
import CoreMetrics
import BgdemoHTTPServer
import BgdemoSMTPInbox
import Logging
import BgdemoEmail
import NIOCore
import BgdemoSMTPClient
import BgdemoWeb
import BgdemoCore

/// Where mails are sent: a mail server, the embedded inbox, or nowhere.
struct MailTransport: Sendable {
    let sender: any EmailSender
    /// For the startup line.
    let description: String
    /// The URL by which another process sends to the same place.
    let url: String
    /// The page of the inbox inside; nil without one.
    let page: String?
    /// For `/readyz`; nil where this process sends nothing.
    let check: MailServerCheck?
    private let client: SMTPClient?
    private let inbox: EmbeddedInbox?

    /// A web server whose workers send.
    static let sentByWorkers = MailTransport(
        sender: DiscardingSender(), description: "by the workers", url: "discard:", page: nil, client: nil, inbox: nil)

    static func open(
        _ configuration: ServeConfiguration, _ options: MailOptions, _ environment: EnvironmentVariables,
        group: any EventLoopGroup, logger: Logger
    ) async throws -> MailTransport {
        guard configuration.sends else { return sentByWorkers }
        // A master warns for its children.
        return try await open(options, environment, warns: !configuration.isChild, group: group, logger: logger)
    }

    private static func open(
        _ options: MailOptions, _ environment: EnvironmentVariables, warns: Bool, group: any EventLoopGroup,
        logger: Logger
    ) async throws -> MailTransport {
        let server = try options.server(environment)
        let from = try options.from(environment)
        if let server, server.scheme == .discard {
            return MailTransport(
                sender: DiscardingSender(), description: "discard:", url: "discard:", page: nil, client: nil, inbox: nil
            )
        }
        let inbox =
            server == nil ? try await EmbeddedInbox.open(options, environment, group: group, logger: logger) : nil
        let url = try inbox?.inbox.url ?? environment.value(options.smtpURL, "SMTP_URL") ?? ""
        let reached = try server ?? SMTPServer(url: url)
        let client = try SMTPClient(
            server: reached, from: from, connections: options.connections(environment),
            timeouts: options.timeouts(environment),
            caFile: environment.value(options.smtpCAFile, "BGDEMO_SMTP_CA_FILE"), logger: logger)
        if warns, server?.isLoopback == false, from == MailOptions.placeholderSender {
            logger.warning("The sender's address is a placeholder; set --from", metadata: ["from": "\(from)"])
        }
        return MailTransport(
            sender: client, description: inbox == nil ? "\(reached)" : "\(reached) (the inbox inside)", url: url,
            page: inbox?.page, client: client, inbox: inbox)
    }

    private init(
        sender: any EmailSender, description: String, url: String, page: String?, client: SMTPClient?,
        inbox: EmbeddedInbox?
    ) {
        self.sender = sender
        self.description = description
        self.url = url
        self.page = page
        self.client = client
        self.inbox = inbox
        check = client.map { MailServerCheck($0) }
    }

    /// Where mails arrive, if they do in this process.
    var insideInbox: Inbox? { inbox?.inbox }

    /// Waits for the mails under way for at most this time, and closes.
    func close(within limit: Duration) async {
        await client?.close(within: limit)
        await inbox?.close()
    }
}

/// The inbox inside, with its page.
private struct EmbeddedInbox: Sendable {
    let inbox: Inbox
    let pages: HTTPServer

    var page: String { "http://127.0.0.1:\(pages.port)/" }

    static func open(
        _ options: MailOptions, _ environment: EnvironmentVariables, group: any EventLoopGroup, logger: Logger
    ) async throws -> EmbeddedInbox {
        var settings = InboxSettings()
        settings.delay = try environment.value(options.smtpDelay, "BGDEMO_SMTP_DELAY") ?? .none
        settings.maxConnections = 20_000
        let inbox = try await Inbox.start(settings: settings, group: group.next(), logger: logger)
        // The usual port of mail catchers where it is free, so that a bookmark holds.
        do {
            return EmbeddedInbox(inbox: inbox, pages: try await serve(inbox, 8025, group, logger))
        } catch {
            return EmbeddedInbox(inbox: inbox, pages: try await serve(inbox, 0, group, logger))
        }
    }

    /// What is asked of the pages is not counted: `/metrics` tells of the server that takes mails.
    private static func serve(
        _ inbox: Inbox, _ port: Int, _ group: any EventLoopGroup, _ logger: Logger
    ) async throws(BindError) -> HTTPServer {
        try await HTTPServer.start(
            host: "127.0.0.1", port: port, metrics: NOOPMetricsHandler.instance, group: group, logger: logger,
            handler: RequestGuard(
                WebSite(
                    [InboxPages(inbox, logger: logger)], access: PageAccess(listeningOn: "127.0.0.1"), logger: logger),
                hosts: HostCheck(listeningOn: "127.0.0.1")))
    }

    func close() async {
        await pages.drain(within: .seconds(1))
        await inbox.stop()
    }
}
