/// How an inbox behaves: what it keeps, which logins it takes, and which faults it has.
public struct InboxSettings: Sendable {
    /// The name in the greeting (RFC 5321, section 4.2).
    public var name = "inbox.bgdemo.invalid"

    /// The time from the final dot to the answer to it.
    public var delay = ReplyDelay.none
    /// Whether a mail is stored when its answer is given, and not at all where its client has left by then: a server
    /// that takes its time before it takes a mail. Else it is stored when its final dot has come. Not with ``maildir``.
    public var storesWithAnswer = false
    /// What goes wrong, where, and how often.
    public var faults: [InboxFault] = []
    /// Mails a second; past it 421. A second's worth may come at once.
    public var rateLimit: Double?
    /// The seed of all random decisions: the same seed treats the same mails the same way (see ``InboxFault``).
    public var seed = UInt64.random(in: .min ... .max)

    /// The newest mails that are kept in memory: their number, and their bytes together.
    public var keep = 1_000
    public var keepBytes = 32 << 20
    /// A directory to write every mail to, as a maildir; made where there is none.
    public var maildir: String?

    /// The certificate to offer STARTTLS with, or to begin with.
    public var tls: TLSFiles?
    /// Who may log in. Where there is a certificate, only under TLS.
    public var auth: Credentials?
    /// Whether MAIL needs a login first.
    public var requireAuth = false

    /// Whether two runs with other seeds differ.
    public var isRandom: Bool { delay.isRandom || faults.contains { $0.probability > 0 && $0.probability < 1 } }

    /// Bytes of one mail; past it 552.
    public var maxSize = 10 << 20
    /// Bytes of all mails together that are being received; past it 452.
    public var maxReceiving = 128 << 20
    /// Recipients of one mail; past it 452 (RFC 5321, section 4.5.3.1.8).
    public var maxRecipients = 100
    /// Open connections; past it 421.
    public var maxConnections = 1_000
    /// From one command to the end of the next (RFC 5321, section 4.5.3.2.7). Absolute: trickling gains nothing.
    public var idleTime = Duration.seconds(300)
    /// From DATA to the final dot.
    public var dataTime = Duration.seconds(600)

    public init() {}
}

/// A user and a password, for AUTH PLAIN and LOGIN.
public struct Credentials: Sendable, Hashable {
    public var user: String
    public var password: String

    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }
}

/// A certificate chain and its private key, as PEM files.
public struct TLSFiles: Sendable, Hashable {
    public var certificate: String
    public var key: String
    /// TLS from the first byte (smtps, RFC 8314) instead of STARTTLS.
    public var isImplicit: Bool

    public init(certificate: String, key: String, isImplicit: Bool = false) {
        self.certificate = certificate
        self.key = key
        self.isImplicit = isImplicit
    }
}
