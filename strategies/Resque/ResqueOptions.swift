import ArgumentParser
import BgdemoCore

/// The options of `serve` for resque.
struct ResqueOptions: StrategyOptions {
    static let title = "Strategy resque"

    @Option(help: "The fewest jobs at a time; their number then follows the load (BGDEMO_MIN_PROCESSORS).")
    var minProcessors: Int?

    @Option(help: "The most jobs at a time; the talk's are 20 (BGDEMO_MAX_PROCESSORS). Default: --concurrency, always.")
    var maxProcessors: Int?

    var givenFlags: [String] {
        Self.names(("--min-processors", minProcessors != nil), ("--max-processors", maxProcessors != nil))
    }

    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws { _ = try processors(environment) }

    /// How many jobs are performed at a time, following the load; nil for as many as `--concurrency` says.
    func processors(_ environment: EnvironmentVariables) throws -> ClosedRange<Int>? {
        let fewest = try environment.value(minProcessors, "BGDEMO_MIN_PROCESSORS")
        let most = try environment.value(maxProcessors, "BGDEMO_MAX_PROCESSORS")
        guard fewest != nil || most != nil else { return nil }
        let (low, high) = (fewest ?? 1, most ?? max(fewest ?? 1, 20))
        guard low >= 1, low <= high else {
            throw ValidationError("--min-processors is at least 1, and --max-processors is not less than it")
        }
        return low...high
    }
}
