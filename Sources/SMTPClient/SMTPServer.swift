import BgdemoFoundations

/// The server that takes the mails, as a URL names it:
///
///     smtp://host                      port 25
///     smtp://user@host:587             with a login; the password comes beside it, or as user:password@
///     smtps://user@host                port 465, TLS from the first byte
///     smtp://host/client.example.org   the name to say in EHLO
///     smtp://host?tls=offered          `off`, `offered` or `required`
///     gmail                            smtp://smtp.gmail.com:587?tls=required
///     discard:                         takes every mail and throws it away
///
/// Where the URL does not say, TLS is ``TLSPolicy/off`` for a server on this machine (loopback is not overheard, and few such servers
/// have a certificate) and ``TLSPolicy/required`` for every other: mail goes into the clear only where
/// that was asked for.
public struct SMTPServer: Sendable, Hashable {
    public enum Scheme: String, Sendable {
        case smtp, smtps, discard
    }

    public let scheme: Scheme
    /// A name, an IPv4 address, or an IPv6 address without its brackets. Empty for `discard:`.
    public let host: String
    public let port: Int
    public let tls: TLSPolicy
    /// The name to say in EHLO: a host name, or an address literal in brackets. Default: this machine's full name, else
    /// the connection's own address.
    public let clientName: String?
    /// By which mechanism to log in. Default: ``SMTPAuthentication/automatic``.
    public let authentication: SMTPAuthentication
    let login: SMTPLogin?

    /// What a user logs in with, from beside the URL.
    public enum Secret: Sendable, Hashable {
        case password(String)
        /// A file that is read at each login.
        case passwordFile(String)
        /// For XOAUTH2.
        case token(String)
        /// A file that is read at each login, since tokens last an hour.
        case tokenFile(String)
    }

    /// - Parameters:
    ///   - secret: Instead of the URL's password. A user needs one.
    ///   - user: Instead of the URL's.
    ///   - tls: Instead of the URL's.
    ///   - authentication: Default: `.automatic`.
    ///   - clientName: Instead of the URL's.
    /// - Throws: ``InvalidSMTPURL`` with what is wrong, for the person who typed it.
    public init(
        url: String, secret: Secret? = nil, user: String? = nil, tls: TLSPolicy? = nil,
        authentication: SMTPAuthentication = .automatic, clientName: String? = nil
    ) throws(InvalidSMTPURL) {
        let parts = try SMTPURL(url == "gmail" ? "smtp://smtp.gmail.com:587?tls=required" : url)
        scheme = parts.scheme
        host = parts.host
        port = parts.port ?? (parts.scheme == .smtps ? 465 : 25)
        if let clientName, !ClientHostName.isValid(clientName) {
            throw InvalidSMTPURL("the name for EHLO is a host name, or an address like [192.0.2.1]")
        }
        self.clientName = clientName ?? parts.path
        self.authentication = authentication
        self.tls =
            parts.scheme == .smtps ? .required : tls ?? parts.tls ?? (Self.isLoopback(parts.host) ? .off : .required)
        guard scheme != .discard, let user = user ?? parts.user, authentication != .disabled else {
            guard url != "gmail" else {
                throw InvalidSMTPURL("Gmail takes mails from its users alone; name yours with --smtp-user or SMTP_USER")
            }
            // A password in the environment, and a server that needs none.
            login = nil
            return
        }
        guard let secret = secret ?? parts.password.map({ .password($0) }) else {
            throw InvalidSMTPURL("there is a user (\(user)) but no password; give it as SMTP_PASSWORD")
        }
        try Self.check(user)
        switch secret {
        case .password(let text), .token(let text): try Self.check(text)
        case .passwordFile, .tokenFile: break
        }
        login = SMTPLogin(user: user, secret: secret)
        if case .only(.xoauth2) = authentication, login?.isToken == false {
            throw InvalidSMTPURL("XOAUTH2 takes a token and no password; give it as SMTP_TOKEN or SMTP_TOKEN_FILE")
        }
    }

    private static func check(_ word: String) throws(InvalidSMTPURL) {
        guard word.everyByte({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw InvalidSMTPURL("a control character may not be in the user, the password or the token")
        }
    }

    public var user: String? { login?.user }

    /// Whether it is on this machine: `localhost`, `*.localhost`, 127.0.0.0/8, `::1`.
    public var isLoopback: Bool { Self.isLoopback(host) }

    private static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        // A name such as 127.example.org is anybody's.
        let isIPv4 = host.utf8.allSatisfy { $0 == 0x2e || (0x30...0x39).contains($0) }
        return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || isIPv4 && host.hasPrefix("127.")
    }
}

extension SMTPServer: CustomStringConvertible {
    /// The URL without the password.
    public var description: String {
        guard scheme != .discard else { return "discard:" }
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(scheme.rawValue)://\(user.map { "\($0)@" } ?? "")\(host):\(port)"
    }
}

/// What is wrong with the URL of an SMTP server, in words for the person who typed it.
public struct InvalidSMTPURL: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
