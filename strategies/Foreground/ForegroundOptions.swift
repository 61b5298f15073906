import ArgumentParser
import BgdemoCore

/// The options of `serve` for foreground.
struct ForegroundOptions: StrategyOptions {
    static let title = "Strategy foreground"

    @Option(
        help: ArgumentHelp(
            """
            The longest a request waits for the mail server; past it 500, outcome unknown (BGDEMO_ANSWER_WITHIN). \
            Default: 10s.
            """, valueName: "time"), transform: Duration.parse)
    var answerWithin: Duration?

    var givenFlags: [String] { Self.names(("--answer-within", answerWithin != nil)) }

    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws { _ = try answerWithin(environment) }

    /// How long a request waits.
    func answerWithin(_ environment: EnvironmentVariables) throws -> Duration {
        let time = try environment.value(answerWithin, "BGDEMO_ANSWER_WITHIN") ?? .seconds(10)
        guard time > .zero else { throw ValidationError("--answer-within is more than 0") }
        return time
    }
}
