import BgdemoCore
public import ArgumentParser
import BgdemoFoundations
import BgdemoEmail
import BgdemoSMTPInbox
public import BgdemoSMTPClient

/// The way to the mail server.
struct MailOptions: ParsableArguments {
    @Option(
        name: .customLong("smtp-url"),
        help: ArgumentHelp(
            """
            smtp://[user@]host[:port], smtps://…, gmail, or discard: to throw mails away (SMTP_URL). \
            Default: an inbox inside this process.
            """, valueName: "url"))
    var smtpURL: String?

    @Option(
        help: ArgumentHelp(
            "The user to log in as (SMTP_USER); the password is SMTP_PASSWORD, or in the file SMTP_PASSWORD_FILE.",
            valueName: "user"))
    var smtpUser: String?

    @Option(
        help: """
            How to log in (BGDEMO_SMTP_AUTH): auto, none, or a mechanism such as plain, login, cram-md5 or xoauth2, whose \
            token is SMTP_TOKEN, or in the file SMTP_TOKEN_FILE. Default: auto.
            """)
    var smtpAuth: SMTPAuthentication?

    @Option(
        help: ArgumentHelp(
            """
            The name to say in EHLO (BGDEMO_SMTP_HELO). Default: this machine's full name, else the address of the \
            connection.
            """, valueName: "name"))
    var smtpHelo: String?

    @Option(help: "STARTTLS: off, offered or required (SMTP_TLS). Default: required, off on loopback.")
    var smtpTLS: TLSPolicy?

    @Option(
        name: .customLong("smtp-ca-file"),
        help: ArgumentHelp("Certificates to trust instead of the system's (BGDEMO_SMTP_CA_FILE).", valueName: "file"),
        completion: .file())
    var smtpCAFile: String?

    @Option(
        help: ArgumentHelp(
            "Connections to the mail server at a time (BGDEMO_SMTP_CONNECTIONS). Default: 50.", valueName: "number"),
        transform: Int.parse)
    var smtpConnections: Int?

    @Option(
        help: ArgumentHelp("The longest one attempt may take (BGDEMO_SMTP_TIMEOUT). Default: 15m.", valueName: "time"),
        transform: Duration.parse)
    var smtpTimeout: Duration?

    @Option(
        help: ArgumentHelp(
            "The sender's address (MAIL_FROM). Default: bgdemo@localhost, a placeholder.", valueName: "address"))
    var from: String?

    @Option(
        help:
            ArgumentHelp(
                "With the inbox inside: how long it takes to accept a mail, 2s or 100ms..2s (BGDEMO_SMTP_DELAY). Default: 0.",
                valueName: "time"), transform: ReplyDelay.parse)
    var smtpDelay: ReplyDelay?

    /// The server, or nil for an inbox inside.
    func server(_ environment: EnvironmentVariables) throws -> SMTPServer? {
        guard let url = try environment.value(smtpURL, "SMTP_URL") else { return nil }
        do {
            return try SMTPServer(
                url: url, secret: secret(environment), user: environment.value(smtpUser, "SMTP_USER"),
                tls: environment.value(smtpTLS, "SMTP_TLS"),
                authentication: environment.value(smtpAuth, "BGDEMO_SMTP_AUTH") ?? .automatic,
                clientName: environment.value(smtpHelo, "BGDEMO_SMTP_HELO"))
        } catch let error as InvalidSMTPURL {
            throw ValidationError("--smtp-url: \(error)")
        }
    }

    /// A token, else a password. A file is read again at each login.
    private func secret(_ environment: EnvironmentVariables) throws -> SMTPServer.Secret? {
        func file(_ name: String) throws -> String? { try environment.value(String?.none, "\(name)_FILE") }
        if let token = try environment.secret("SMTP_TOKEN") {
            return try file("SMTP_TOKEN").map { .tokenFile($0) } ?? .token(token)
        }
        guard let password = try environment.secret("SMTP_PASSWORD") else { return nil }
        return try file("SMTP_PASSWORD").map { .passwordFile($0) } ?? .password(password)
    }

    private static let placeholder = "bgdemo@localhost"

    /// The default sender, with which a real mail server does nothing good.
    static var placeholderSender: Address? { try? Address(placeholder) }

    /// The warning where the command line has a password, which any user of the host can read.
    var passwordWarning: String? {
        guard let smtpURL, let parts = try? URLParts(smtpURL), parts.password?.isEmpty == false else { return nil }
        return "--smtp-url has a password, which any user of this host can read: use SMTP_URL or SMTP_PASSWORD_FILE"
    }

    func from(_ environment: EnvironmentVariables) throws -> Address {
        do {
            return try Address(environment.value(from, "MAIL_FROM") ?? Self.placeholder)
        } catch let error as InvalidEmail {
            throw ValidationError("--from: \(error.reason)")
        }
    }

    func connections(_ environment: EnvironmentVariables) throws -> Int {
        let connections = try environment.value(smtpConnections, "BGDEMO_SMTP_CONNECTIONS") ?? 50
        guard (1...10_000).contains(connections) else { throw ValidationError("--smtp-connections is 1 to 10000") }
        return connections
    }

    func timeouts(_ environment: EnvironmentVariables) throws -> SMTPTimeouts {
        var timeouts = SMTPTimeouts()
        if let total = try environment.value(smtpTimeout, "BGDEMO_SMTP_TIMEOUT") {
            guard total > .zero else { throw ValidationError("--smtp-timeout is more than 0") }
            timeouts.total = total
        }
        return timeouts
    }
}

extension TLSPolicy: ExpressibleByArgument {}

extension SMTPAuthentication: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
