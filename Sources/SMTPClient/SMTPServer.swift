/// The server that mails are handed to, as a URL says it:
///
///     smtp://host                      port 25
///     smtp://user@host:587             with AUTH; the password comes beside it, or as user:password@
///     smtps://user@host                port 465, TLS from the first byte
///     smtp://host/client.example.org   the name to say in EHLO
///     smtp://host?tls=offered          `off`, `offered` or `required`
///     gmail                            smtp://smtp.gmail.com:587?tls=required
///     discard:                         takes every mail and throws it away
///
/// Without a word on TLS it is ``TLSPolicy/off`` for a server on this machine (nobody listens on loopback, and few
/// such servers have a certificate) and ``TLSPolicy/required`` for every other: mail goes into the clear only where
/// somebody asked for that.
public struct SMTPServer: Sendable, Hashable {
    public enum Scheme: String, Sendable {
        case smtp, smtps, discard
    }

    public let scheme: Scheme
    /// A name, an IPv4 address, or an IPv6 address without its brackets. Empty for `discard:`.
    public let host: String
    public let port: Int
    public let user: String?
    public let tls: TLSPolicy
    /// The name to say in EHLO; nil for this machine's own.
    public let clientName: String?
    let password: String?

    /// - Parameters:
    ///   - user: Instead of the URL's.
    ///   - password: Instead of the URL's. A user needs one.
    ///   - tls: Instead of the URL's.
    public init(
        url: String, password: String? = nil, user: String? = nil, tls: TLSPolicy? = nil
    ) throws(InvalidSMTPURL) {
        var parts = try SMTPURL(url == "gmail" ? "smtp://smtp.gmail.com:587?tls=required" : url)
        parts.user = user ?? parts.user
        parts.password = password ?? parts.password
        scheme = parts.scheme
        host = parts.host
        port = parts.port ?? (parts.scheme == .smtps ? 465 : 25)
        clientName = parts.path
        self.tls =
            parts.scheme == .smtps ? .required : tls ?? parts.tls ?? (Self.isLoopback(parts.host) ? .off : .required)
        if let user = parts.user, scheme != .discard {
            guard let password = parts.password else {
                throw InvalidSMTPURL("there is a user (\(user)) but no password; give it as SMTP_PASSWORD")
            }
            for word in [user, password] where word.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
                throw InvalidSMTPURL("a control character may not be in the user or the password")
            }
            (self.user, self.password) = (user, password)
        } else if url == "gmail" {
            throw InvalidSMTPURL("Gmail takes mails from its users alone; name yours with --smtp-user or SMTP_USER")
        } else {
            // A password in the environment, and a server that needs none.
            (self.user, self.password) = (nil, nil)
        }
    }

    var login: (user: String, password: String)? {
        guard let user, let password else { return nil }
        return (user, password)
    }

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
