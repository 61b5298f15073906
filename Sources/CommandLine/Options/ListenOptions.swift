import ArgumentParser
import BgdemoHTTPServer
import BgdemoMailAPI
import BgdemoNetSupport

/// Where the web server listens, and to whom.
struct ListenOptions: ParsableArguments {
    @Option(help: "The address to listen on (HOST). Elsewhere than on loopback, say who may send.")
    var host: String?

    @Option(help: "The port to listen on, 0 for any (PORT). Default: 8080.")
    var port: Int?

    @Option(
        help:
            "A file with the token that requests must bring as `Authorization: Bearer` (BGDEMO_TOKEN, BGDEMO_TOKEN_FILE)."
    )
    var tokenFile: String?

    @Option(help: "Send to addresses like this alone, `*` for anything; may be repeated (BGDEMO_ALLOW_RECIPIENT).")
    var allowRecipient: [String] = []

    @Flag(help: "Let anyone who reaches this server send mails to anyone (BGDEMO_ANYONE_MAY_SEND=yes).")
    var anyoneMaySend = false

    @Option(help: "Mails a second; past it 429 (BGDEMO_RATE_LIMIT). Default: no limit.")
    var rateLimit: Double?

    @Option(help: "Open connections; past it 503 (BGDEMO_MAX_CONNECTIONS). Default: 10000.")
    var maxConnections: Int?

    @Option(
        help: "Where a worker that is a process of its own answers /healthz, /readyz and /metrics (BGDEMO_STATUS_PORT)."
    )
    var statusPort: Int?

    func host(_ environment: EnvironmentVariables) throws -> String {
        try environment.value(host, "HOST") ?? "127.0.0.1"
    }

    func port(_ environment: EnvironmentVariables) throws -> Int {
        try Self.check(environment.value(port, "PORT") ?? 8080)
    }

    func statusPort(_ environment: EnvironmentVariables) throws -> Int? {
        try environment.value(statusPort, "BGDEMO_STATUS_PORT").map(Self.check)
    }

    private static func check(_ port: Int) throws -> Int {
        guard (0...65_535).contains(port) else { throw ValidationError("\(port) is not a port: 0 to 65535") }
        return port
    }

    func limits(_ environment: EnvironmentVariables) throws -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = try environment.value(maxConnections, "BGDEMO_MAX_CONNECTIONS") ?? limits.connections
        guard limits.connections > 0 else { throw ValidationError("--max-connections is at least 1") }
        return limits
    }

    /// Who may send. Sending mail by GET is a joke among friends: a server that others can reach has to say whom it
    /// trusts.
    func access(_ environment: EnvironmentVariables) throws -> AccessPolicy {
        var access = AccessPolicy()
        access.token = try environment.secret("BGDEMO_TOKEN", file: tokenFile)
        access.recipients = allowRecipient
        if allowRecipient.isEmpty, let pattern = try environment.value(String?.none, "BGDEMO_ALLOW_RECIPIENT") {
            access.recipients = pattern.split { $0 == "," || $0 == " " }.map(String.init)
        }
        if let rate = try environment.value(rateLimit, "BGDEMO_RATE_LIMIT") {
            guard rate > 0, rate.isFinite else { throw ValidationError("--rate-limit is more than 0 mails a second") }
            access.rate = RateLimit(perSecond: rate)
        }
        let host = try host(environment)
        let isMeant = try anyoneMaySend || environment.value(String?.none, "BGDEMO_ANYONE_MAY_SEND") == "yes"
        guard HostCheck.isLocal(host) || access.token != nil || !access.recipients.isEmpty || isMeant else {
            throw ValidationError(
                """
                on \(host) others could send mails in your name: give a --token-file, or --allow-recipient \
                '*@example.org', or say --anyone-may-send
                """)
        }
        return access
    }
}
