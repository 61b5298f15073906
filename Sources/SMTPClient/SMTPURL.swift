import BgdemoFoundations

/// The parts of an SMTP server's URL (RFC 3986). Strict: every part that is not understood is an error.
struct SMTPURL {
    var scheme = SMTPServer.Scheme.smtp
    var user: String?
    var password: String?
    var host = ""
    var port: Int?
    var path: String?
    var tls: TLSPolicy?

    init(_ text: String) throws(InvalidSMTPURL) {
        if text == "discard:" {
            scheme = .discard
            return
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw InvalidSMTPURL("an SMTP URL has printable ASCII only, anything else as %XX")
        }
        let parts = try Self.parts(text)
        switch parts.scheme {
        case "smtp": scheme = .smtp
        case "smtps": scheme = .smtps
        default: throw .form
        }
        guard parts.user != "" else { throw InvalidSMTPURL("nothing stands before the @") }
        (user, password, port) = (parts.user, parts.password, parts.port)
        host = try Self.host(parts)
        guard parts.fragment == nil else { throw InvalidSMTPURL("a # is written %23") }
        if parts.path.utf8.count > 1 { path = try Self.clientName(parts.path) }
        tls = try parts.query.map { query throws(InvalidSMTPURL) in try Self.tls(query) }
    }

    private static func parts(_ text: String) throws(InvalidSMTPURL) -> URLParts {
        do throws(URLSyntaxError) {
            return try URLParts(text)
        } catch .noScheme where URLParts.isHostAndPort(text) {
            throw InvalidSMTPURL("it has no scheme; write smtp://\(text)")
        } catch .noScheme {
            throw .form
        } catch {
            throw InvalidSMTPURL("\(error)")
        }
    }

    private static func host(_ parts: URLParts) throws(InvalidSMTPURL) -> String {
        guard !parts.host.isEmpty else { throw InvalidSMTPURL("the host is missing, like mail.example.org") }
        guard parts.isIPLiteral || (parts.host.utf8.allSatisfy(isNamePart) && parts.host.utf8.first != 0x2d) else {
            throw InvalidSMTPURL("the host is of letters, digits, dots and dashes (others as xn--…)")
        }
        return parts.host
    }

    private static func clientName(_ path: String) throws(InvalidSMTPURL) -> String {
        let name = path.utf8.dropFirst()
        guard name.allSatisfy(isNamePart) else {
            throw InvalidSMTPURL("after the host's / stands the name to say in EHLO, like client.example.org")
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func tls(_ query: String) throws(InvalidSMTPURL) -> TLSPolicy {
        guard query.hasBytePrefix("tls="),
            let policy = TLSPolicy(rawValue: String(decoding: query.utf8.dropFirst(4), as: UTF8.self))
        else {
            throw InvalidSMTPURL("after the ? stands tls=off, tls=offered or tls=required")
        }
        return policy
    }

    static func isNamePart(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || byte == 0x2d || byte == 0x2e || byte == 0x5f
    }
}

extension InvalidSMTPURL {
    fileprivate static let form = InvalidSMTPURL(
        "an SMTP URL is like smtp://user@host:587, smtps://host, gmail or discard:")
}
