import BgdemoCore
import ArgumentParser
import BgdemoEmail
import BgdemoHTTPServer
import BgdemoMailAPI
import BgdemoNetSupport

/// Where the web server listens, and to whom.
struct ListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The address to listen on (HOST). Elsewhere than on loopback, say who may send.", valueName: "address"))
    var host: String?

    @Option(
        help: ArgumentHelp("The port to listen on, 0 for any (PORT). Default: 8080.", valueName: "port"),
        transform: Int.parse)
    var port: Int?

    @Option(
        help:
            ArgumentHelp(
                "A file with the token that requests must bring as `Authorization: Bearer` (BGDEMO_TOKEN, BGDEMO_TOKEN_FILE).",
                valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Send to addresses like this alone, `*` for anything; may be repeated (BGDEMO_ALLOW_RECIPIENT).",
            valueName: "pattern"))
    var allowRecipient: [String] = []

    @Option(
        help:
            ArgumentHelp(
                "Another name that the server answers to, such as a proxy's; may be repeated (BGDEMO_PUBLIC_HOST, a list with commas).",
                valueName: "name")
    )
    var publicHost: [String] = []

    @Flag(
        help:
            "Beyond loopback, answer /metrics without the token (BGDEMO_METRICS_WITHOUT_TOKEN=yes). Default: with it, where there is one."
    )
    var metricsWithoutToken = false

    @Flag(help: "Let anyone who reaches this server send mails to anyone (BGDEMO_ANYONE_MAY_SEND=yes).")
    var anyoneMaySend = false

    @Flag(help: "Let the pages delete, retry and pause beyond loopback, too (BGDEMO_PAGES_MAY_ACT=yes).")
    var pagesMayAct = false

    @Option(
        help: ArgumentHelp("Mails a second; past it 429 (BGDEMO_RATE_LIMIT). Default: no limit.", valueName: "number"),
        transform: Double.parse)
    var rateLimit: Double?

    @Option(
        help: ArgumentHelp(
            "Open connections; past it 503 (BGDEMO_MAX_CONNECTIONS). Default: 10000.", valueName: "number"),
        transform: Int.parse)
    var maxConnections: Int?

    @Option(
        help: ArgumentHelp(
            "Where a worker that is a process of its own answers /healthz, /readyz and /metrics (BGDEMO_STATUS_PORT).",
            valueName: "port"), transform: Int.parse)
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

    static func pagesMayAct(_ isSet: Bool, _ environment: EnvironmentVariables) throws -> Bool {
        try isSet || environment.value(String?.none, "BGDEMO_PAGES_MAY_ACT") == "yes"
    }

    func limits(_ environment: EnvironmentVariables) throws -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = try environment.value(maxConnections, "BGDEMO_MAX_CONNECTIONS") ?? limits.connections
        guard limits.connections > 0 else { throw ValidationError("--max-connections is at least 1") }
        return limits
    }

    /// Who may send, to whom and how often. Beyond loopback somebody has to be named: a GET sends a mail.
    func access(_ environment: EnvironmentVariables) throws -> AccessPolicy {
        var access = AccessPolicy()
        access.token = try token(environment)
        access.recipients = try recipients(environment)
        access.publicHosts = try Self.publicHosts(publicHost, environment)
        if let rate = try environment.value(rateLimit, "BGDEMO_RATE_LIMIT") {
            guard rate > 0, rate.isFinite else { throw ValidationError("--rate-limit is more than 0 mails a second") }
            access.rate = TokenBucket(perSecond: rate)
        }
        try Self.checkReach(
            of: try host(environment), isRestricted: access.token != nil || access.recipients != nil,
            anyone: anyoneMaySend, environment, "--allow-recipient '*@example.org', or ")
        return access
    }

    func token(_ environment: EnvironmentVariables) throws -> BearerToken? {
        try environment.secret("BGDEMO_TOKEN", file: tokenFile).map { BearerToken($0) }
    }

    /// Refuses to listen beyond loopback where nothing restricts who may use it.
    static func checkReach(
        of host: String, isRestricted: Bool, anyone: Bool, _ environment: EnvironmentVariables, _ other: String = ""
    ) throws {
        let isMeant = try environment.flag("BGDEMO_ANYONE_MAY_SEND") || anyone
        guard HostName(host).isLoopback || isRestricted || isMeant else {
            throw ValidationError(
                "others can reach \(host): specify a --token-file, or \(other)--anyone-may-send")
        }
    }

    private func recipients(_ environment: EnvironmentVariables) throws -> [AddressPattern]? {
        do {
            if !allowRecipient.isEmpty { return try allowRecipient.flatMap(AddressPattern.list) }
            return try environment.value(String?.none, "BGDEMO_ALLOW_RECIPIENT").map(AddressPattern.list)
        } catch let error as InvalidEmail {
            throw ValidationError("--allow-recipient: \(error.reason)")
        }
    }

    static func publicHosts(_ given: [String], _ environment: EnvironmentVariables) throws -> [String] {
        let listed = try environment.value(String?.none, "BGDEMO_PUBLIC_HOST") ?? ""
        let hosts = given.isEmpty ? listed.split(separator: ",").map(String.init) : given
        for host in hosts where host.isEmpty || !host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) {
            throw ValidationError("--public-host is a name in ASCII, as a Host header has it")
        }
        return hosts
    }

    /// Whether beyond loopback `/metrics` asks for the token.
    func protectsMetrics(_ environment: EnvironmentVariables) throws -> Bool {
        try !environment.flag("BGDEMO_METRICS_WITHOUT_TOKEN") && !metricsWithoutToken
    }
}
