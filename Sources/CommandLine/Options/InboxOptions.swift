public import BgdemoCore
import ArgumentParser
public import BgdemoSMTPInbox

/// How the inbox treats its clients, and what it keeps.
struct InboxOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            From the final dot to its answer: 2s, 100ms..2s, exp:250ms, or normal:250ms,50ms (BGDEMO_INBOX_DELAY). \
            Default: 0s.
            """, valueName: "time"), transform: ReplyDelay.parse)
    var delay: ReplyDelay?

    @Option(
        help: ArgumentHelp(
            "This share of the mails, 0 to 1, gets 451 after the dot (BGDEMO_INBOX_FAIL_RATE). Default: 0.",
            valueName: "share"), transform: Double.parse)
    var failRate: Double?

    @Option(
        help: """
            STAGE:ACTION[:PROBABILITY], may be repeated (BGDEMO_INBOX_FAIL, separated by blanks). Stages: banner, ehlo, \
            starttls, auth, mail, rcpt, data, dot (before the mail is stored), stored (after it). Actions: a code from \
            400 to 599, drop, hang.
            """, transform: InboxFault.parse)
    var fail: [InboxFault] = []

    @Option(
        help: ArgumentHelp(
            "Mails a second; past it 421 (BGDEMO_INBOX_RATE_LIMIT). Default: no limit.", valueName: "number"),
        transform: Double.parse)
    var rateLimit: Double?

    @Option(
        help: ArgumentHelp(
            "Where all chance comes from (BGDEMO_INBOX_SEED). Default: another one at each start.", valueName: "number"),
        transform: UInt64.parse)
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "The newest mails to keep in memory (BGDEMO_INBOX_KEEP). Default: 1000.", valueName: "number"),
        transform: Int.parse)
    var keep: Int?

    @Option(
        help: ArgumentHelp(
            "A directory to write every mail to, as a maildir (BGDEMO_INBOX_MAILDIR).", valueName: "directory"),
        completion: .directory)
    var maildir: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of one mail; past it 552 (BGDEMO_INBOX_MAX_SIZE). Default: 10485760.", valueName: "bytes"),
        transform: Int.parse)
    var maxSize: Int?

    @Option(
        help: ArgumentHelp(
            "A certificate chain as a PEM file, to offer STARTTLS with (BGDEMO_INBOX_TLS_CERT).", valueName: "file"),
        completion: .file())
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("The key of the certificate, as a PEM file (BGDEMO_INBOX_TLS_KEY).", valueName: "file"),
        completion: .file())
    var tlsKey: String?

    @Flag(help: "Begin with TLS instead of offering STARTTLS.")
    var tlsImplicit = false

    @Option(
        help: ArgumentHelp(
            """
            Who must log in (BGDEMO_INBOX_AUTH_USER); the password is INBOX_PASSWORD, or in the file \
            INBOX_PASSWORD_FILE.
            """, valueName: "user"))
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
                do {
                    return try InboxFault.parse(String(word))
                } catch let error as ValidationError {
                    throw ValidationError("'\(word)' in BGDEMO_INBOX_FAIL is no fault: \(error.message)")
                }
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

extension ReplyDelay: ExplainedArgument {
    @Sendable public static func parse(_ text: String) throws -> ReplyDelay {
        guard let delay = ReplyDelay(text) else {
            throw ValidationError(
                "a delay is 2s, 100ms..2s, exp:250ms or normal:250ms,50ms, each time a number and ms, s, m, h or d")
        }
        return delay
    }
}

extension InboxFault: ExplainedArgument {
    @Sendable public static func parse(_ text: String) throws -> InboxFault {
        if let fault = InboxFault(text) { return fault }
        let stages = Stage.allCases.map(\.rawValue)
        let stage = String(text.prefix { $0 != ":" })
        guard stages.contains(stage) else {
            throw ValidationError("'\(stage)' is not a stage; it is one of \(stages.joined(separator: ", "))")
        }
        throw ValidationError(
            "after the stage come a code from 400 to 599, drop or hang, and perhaps a probability: \(stage):451:0.1")
    }
}
