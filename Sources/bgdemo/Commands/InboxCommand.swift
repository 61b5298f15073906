public import ArgumentParser
import HTTP
public import Inbox
import Logging
import Mail
import NIOPosix
import ServiceLifecycle
import UnixSignals

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `bgdemo inbox`: the mail catcher alone, with its pages, until SIGTERM or SIGINT.
struct InboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox",
        abstract: "Catch mails: an SMTP server that keeps what it gets, and that can be slow, full, moody or broken.",
        discussion: """
            Addresses have their way, too: fail-550@… gets that code at RCPT, fail-once@… 451 after the dot the first \
            time each mail comes, slow-2s@… a slow answer, drop@… a lost connection; fail-once+bob@… is one of them.
            """)

    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The SMTP port; 0 takes any free one.") var port = 1025
    @Option(help: "The port of the pages; 0 takes any free one.") var pagePort = 8025
    @Option(help: "The time from the final dot to its answer: 2s, 100ms..2s, exp:250ms, or normal:250ms,50ms.")
    var delay = Delay.none
    @Option(help: "Refuse this share of the mails with 451 after the dot, from 0 to 1; short for --fail dot:451:RATE.")
    var failRate: Double?
    @Option(
        help: """
            STAGE:ACTION[:PROBABILITY], any number of times. Stages: banner, ehlo, starttls, auth, mail, rcpt, data, \
            dot (before storing), stored (after it). Actions: a code from 400 to 599, drop, hang.
            """)
    var fail: [Fault] = []
    @Option(help: "Mails a second; past it 421.") var rateLimit: Double?
    @Option(help: "The newest mails to keep in memory.") var keep = 1_000
    @Option(help: "A directory to write every mail to, as a maildir.") var maildir: String?
    @Option(help: "Where all chance comes from; without it another at each start.") var seed: UInt64?
    @Option(help: "A certificate chain (PEM), to offer STARTTLS with.") var tlsCert: String?
    @Option(help: "The key of the certificate (PEM).") var tlsKey: String?
    @Flag(help: "Begin with TLS (smtps) instead of offering STARTTLS.") var tlsImplicit = false
    @Option(
        help: "Who must log in; the password comes from INBOX_PASSWORD, or the file that INBOX_PASSWORD_FILE names.")
    var authUser: String?
    @Option(help: "Bytes of one mail; past it 552.") var maxSize = 10 << 20

    func validate() throws {
        if let failRate, !(0...1).contains(failRate) { throw ValidationError("--fail-rate is from 0 to 1") }
        if let rateLimit, !(rateLimit > 0 && rateLimit.isFinite) { throw ValidationError("--rate-limit is above 0") }
        guard (tlsCert == nil) == (tlsKey == nil) else { throw ValidationError("--tls-cert and --tls-key go together") }
        guard !tlsImplicit || tlsCert != nil else { throw ValidationError("--tls-implicit needs --tls-cert") }
        guard keep >= 0, maxSize > 0 else { throw ValidationError("--keep and --max-size are not negative") }
        guard (0...65_535).contains(port), (0...65_535).contains(pagePort) else {
            throw ValidationError("a port is from 0 to 65535")
        }
    }

    func run() async throws {
        var logger = Logger(label: "bgdemo.inbox")
        logger.logLevel = .notice
        // One loop takes what several would: the kernel does most of the work, and the clients want cores as well.
        let group = MultiThreadedEventLoopGroup.singleton
        let settings = try settings()
        let inbox = try await Inbox.start(
            host: host, port: port, settings: settings, group: group.next(), logger: logger)
        let pages = InboxPages(inbox)
        let server = try await Server.start(
            host: host, port: pagePort, group: group, logger: logger,
            handler: HostGate.isLocal(host) ? HostGate(pages) : pages)
        let chance = settings.isRandom ? "; seed \(settings.seed)" : ""
        print("catching mails at \(inbox.url), showing them at http://\(host.urlHost):\(server.port)/\(chance)")
        fflush(nil)
        let service = InboxService(inbox: inbox, server: server)
        try await ServiceGroup(
            configuration: .init(services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
    }

    private func settings() throws -> InboxSettings {
        var settings = InboxSettings()
        settings.delay = delay
        settings.faults = fail
        if let failRate { settings.faults.append(Fault(.dot, .reply(451), probability: failRate)) }
        settings.rateLimit = rateLimit
        settings.keep = keep
        settings.maildir = maildir
        settings.maxSize = maxSize
        if let seed { settings.seed = seed }
        if let tlsCert, let tlsKey {
            settings.tls = TLSFiles(certificate: tlsCert, key: tlsKey, isImplicit: tlsImplicit)
        }
        if let authUser {
            settings.auth = Credentials(user: authUser, password: try password())
            settings.requireAuth = true
        }
        return settings
    }

    private func password() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let password = environment["INBOX_PASSWORD"] { return password }
        guard let path = environment["INBOX_PASSWORD_FILE"] else {
            throw ValidationError(
                "--auth-user needs its password in INBOX_PASSWORD, or in the file INBOX_PASSWORD_FILE")
        }
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return String(text.prefix { !$0.isNewline })
    }
}

/// The inbox and its pages, until they are told to stop.
private struct InboxService: Service {
    let inbox: Inbox
    let server: Server

    func run() async throws {
        try await gracefulShutdown()
        async let pages: Void = server.drain()
        await inbox.stop()
        await pages
    }
}

extension String {
    /// An IPv6 address in brackets, as a URL has it.
    fileprivate var urlHost: String { contains(":") ? "[\(self)]" : self }
}

extension Delay: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { "none" }
}

extension Fault: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
