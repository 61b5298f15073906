import BgdemoFoundations

/// A way to log in to a mail server (RFC 4954), by the name that servers list.
public enum SASLMechanism: String, Sendable, Hashable, CaseIterable {
    /// RFC 4616: user and password in one line.
    case plain = "PLAIN"
    /// draft-murchison-sasl-login: user and password, each asked for.
    case login = "LOGIN"
    /// A token of Google or Microsoft instead of a password.
    case xoauth2 = "XOAUTH2"
    case scramSHA256 = "SCRAM-SHA-256"
    case scramSHA1 = "SCRAM-SHA-1"
    case digestMD5 = "DIGEST-MD5"
    case cramMD5 = "CRAM-MD5"
    case ntlm = "NTLM"
    case gssapi = "GSSAPI"

    /// Whether this client speaks it itself. The others are libcurl's, as far as it was built with them.
    var isOwn: Bool {
        switch self {
        case .plain, .login, .xoauth2: true
        case .scramSHA256, .scramSHA1, .digestMD5, .cramMD5, .ntlm, .gssapi: false
        }
    }

    /// What is left to libcurl without being named. GSSAPI needs a Kerberos ticket, which no password is.
    static let automaticInLibrary: [SASLMechanism] = [.scramSHA256, .scramSHA1, .digestMD5, .cramMD5, .ntlm]
}

/// Which mechanism a client logs in by.
public enum SMTPAuthentication: Sendable, Hashable {
    /// PLAIN, then LOGIN, then what libcurl has; with a token XOAUTH2. A server that lists none of them is refused.
    case automatic
    /// This one, and no other.
    case only(SASLMechanism)
    /// No login, though there is a user.
    case disabled

    /// `auto`, `none`, or a mechanism's name in any letter case; nil for anything else.
    public init?(_ text: String) {
        switch text.asciiLowercased() {
        case "auto": self = .automatic
        case "none": self = .disabled
        default:
            guard let mechanism = SASLMechanism.allCases.first(where: { $0.rawValue.equalsIgnoringASCIICase(text) })
            else { return nil }
            self = .only(mechanism)
        }
    }
}
