import BgdemoCore
public import ArgumentParser
public import BgdemoSMTPInbox

/// How the inbox treats its clients, and what it keeps.
struct InboxOptions: ParsableArguments {
    @Option(
        help: """
            From the final dot to its answer: 2s, 100ms..2s, exp:250ms, or normal:250ms,50ms (BGDEMO_INBOX_DELAY). \
            Default: 0s.
            """)
    var delay: ReplyDelay?

    @Option(help: "This share of the mails, 0 to 1, gets 451 after the dot (BGDEMO_INBOX_FAIL_RATE). Default: 0.")
    var failRate: Double?

    @Option(
        help: """
            STAGE:ACTION[:PROBABILITY], may be repeated (BGDEMO_INBOX_FAIL, separated by blanks). Stages: banner, ehlo, \
            starttls, auth, mail, rcpt, data, dot (before the mail is stored), stored (after it). Actions: a code from \
            400 to 599, drop, hang.
            """)
    var fail: [InboxFault] = []

    @Option(help: "Mails a second; past it 421 (BGDEMO_INBOX_RATE_LIMIT). Default: no limit.")
    var rateLimit: Double?

    @Option(help: "Where all chance comes from (BGDEMO_INBOX_SEED). Default: another one at each start.")
    var seed: UInt64?

    @Option(help: "The newest mails to keep in memory (BGDEMO_INBOX_KEEP). Default: 1000.")
    var keep: Int?

    @Option(help: "A directory to write every mail to, as a maildir (BGDEMO_INBOX_MAILDIR).")
    var maildir: String?

    @Option(help: "Bytes of one mail; past it 552 (BGDEMO_INBOX_MAX_SIZE). Default: 10485760.")
    var maxSize: Int?

    @Option(help: "A certificate chain as a PEM file, to offer STARTTLS with (BGDEMO_INBOX_TLS_CERT).")
    var tlsCert: String?

    @Option(help: "The key of the certificate, as a PEM file (BGDEMO_INBOX_TLS_KEY).")
    var tlsKey: String?

    @Flag(help: "Begin with TLS instead of offering STARTTLS.")
    var tlsImplicit = false

    @Option(
        help: """
            Who must log in (BGDEMO_INBOX_AUTH_USER); the password is INBOX_PASSWORD, or in the file \
            INBOX_PASSWORD_FILE.
            """)
    var authUser: String?

    func settings(_ environment: EnvironmentVariables) throws -> InboxSettings {
        var settings = InboxSettings()
        settings.delay = try environment.value(delay, "BGDEMO_INBOX_DELAY") ?? settings.delay
        settings.faults = try faults(environment)
        if let rate = try environment.value(rateLimit, "BGDEMO_INBOX_RATE_LIMIT") {
            guard rate > 0, rate.isFinite else { throw ValidationError("--rate-limit is more than 0 mails a second") }
            settings.rateLimit = rate
        }
        settings.seed = try environment.value(seed, "BGDEMO_INBOX_SEED") ?? settings.seed
        settings.keep = try environment.value(keep, "BGDEMO_INBOX_KEEP") ?? settings.keep
        settings.maildir = try environment.value(maildir, "BGDEMO_INBOX_MAILDIR")
        settings.maxSize = try environment.value(maxSize, "BGDEMO_INBOX_MAX_SIZE") ?? settings.maxSize
        guard settings.keep >= 0, settings.maxSize > 0 else {
            throw ValidationError("--keep is at least 0, --max-size at least 1")
        }
        settings.tls = try tls(environment)
        if let user = try environment.value(authUser, "BGDEMO_INBOX_AUTH_USER") {
            guard let password = try environment.secret("INBOX_PASSWORD") else {
                throw ValidationError("--auth-user needs a password, in INBOX_PASSWORD or the file INBOX_PASSWORD_FILE")
            }
            settings.auth = Credentials(user: user, password: password)
            settings.requireAuth = true
        }
        return settings
    }

    private func faults(_ environment: EnvironmentVariables) throws -> [InboxFault] {
        var faults = fail
        if faults.isEmpty, let text = try environment.value(String?.none, "BGDEMO_INBOX_FAIL") {
            faults = try text.split(separator: " ").map { word in
                guard let fault = InboxFault(String(word)) else {
                    throw ValidationError("'\(word)' in BGDEMO_INBOX_FAIL is no fault; one is rcpt:550:0.1")
                }
                return fault
            }
        }
        if let rate = try environment.value(failRate, "BGDEMO_INBOX_FAIL_RATE") {
            guard (0...1).contains(rate) else { throw ValidationError("--fail-rate is from 0 to 1") }
            faults.append(InboxFault(.dot, .reply(451), probability: rate))
        }
        return faults
    }

    private func tls(_ environment: EnvironmentVariables) throws -> TLSFiles? {
        let certificate = try environment.value(tlsCert, "BGDEMO_INBOX_TLS_CERT")
        let key = try environment.value(tlsKey, "BGDEMO_INBOX_TLS_KEY")
        switch (certificate, key) {
        case (let certificate?, let key?):
            return TLSFiles(certificate: certificate, key: key, isImplicit: tlsImplicit)
        case (nil, nil) where !tlsImplicit: return nil
        default: throw ValidationError("--tls-cert and --tls-key go together, and --tls-implicit needs both")
        }
    }
}

extension ReplyDelay: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension InboxFault: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
