import ArgumentParser
import BgdemoCore
import BgdemoFoundations

/// How mails are worked.
struct WorkOptions: ParsableArguments {
    @Option(
        help: """
            safe, or original: as the talk's code of 2016, which loses mails; talk is the same (BGDEMO_SEMANTICS). \
            Default: safe.
            """
    )
    var semantics: Semantics?

    @Option(
        help: ArgumentHelp(
            "The least time between two sends; the talk's is 1s (BGDEMO_THROTTLE). Default: none.", valueName: "time"),
        transform: Duration.parse)
    var throttle: Duration?

    @Option(
        help: ArgumentHelp(
            "Mails that a worker has in hand at a time (BGDEMO_CONCURRENCY). Default: 50.", valueName: "number"),
        transform: Int.parse)
    var concurrency: Int?

    @Option(
        help: ArgumentHelp(
            "Mails under way at a time; past it 503 (BGDEMO_BACKLOG). Default: 100000.", valueName: "number"),
        transform: Int.parse)
    var backlog: Int?

    @Option(
        help: ArgumentHelp(
            "Attempts at a mail, the first among them (BGDEMO_ATTEMPTS). Default: 8.", valueName: "number"),
        transform: Int.parse)
    var attempts: Int?

    @Option(
        help: ArgumentHelp(
            "The wait before the second attempt; it doubles with each (BGDEMO_RETRY_DELAY). Default: 1s.",
            valueName: "time"), transform: Duration.parse)
    var retryDelay: Duration?

    @Option(
        help: ArgumentHelp("The longest wait between two attempts (BGDEMO_RETRY_CAP). Default: 5m.", valueName: "time"),
        transform: Duration.parse)
    var retryCap: Duration?

    @Option(
        help: ArgumentHelp("The longest a graceful stop may take (BGDEMO_GRACE). Default: 30s.", valueName: "time"),
        transform: Duration.parse)
    var grace: Duration?

    func settings(_ environment: EnvironmentVariables) throws -> WorkSettings {
        try WorkSettings(
            throttle: Throttle(environment.value(throttle, "BGDEMO_THROTTLE") ?? .zero),
            retry: RetryPolicy(
                attempts: atLeastOne(environment.value(attempts, "BGDEMO_ATTEMPTS") ?? 8, "--attempts"),
                base: environment.value(retryDelay, "BGDEMO_RETRY_DELAY") ?? .seconds(1),
                cap: environment.value(retryCap, "BGDEMO_RETRY_CAP") ?? .seconds(300)),
            concurrency: atLeastOne(environment.value(concurrency, "BGDEMO_CONCURRENCY") ?? 50, "--concurrency"),
            backlog: atLeastOne(environment.value(backlog, "BGDEMO_BACKLOG") ?? 100_000, "--backlog"),
            semantics: environment.value(semantics, "BGDEMO_SEMANTICS") ?? .safe)
    }

    func grace(_ environment: EnvironmentVariables) throws -> Duration {
        try environment.value(grace, "BGDEMO_GRACE") ?? .seconds(30)
    }

    private func atLeastOne(_ number: Int, _ flag: String) throws -> Int {
        guard number >= 1 else { throw ValidationError("\(flag) is at least 1") }
        return number
    }
}
