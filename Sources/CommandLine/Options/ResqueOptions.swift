public import ArgumentParser
public import Resque

/// How the workers of the resque strategy work.
struct ResqueOptions: ParsableArguments {
    @Option(help: "The fewest jobs at a time; their number then follows the load (BGDEMO_MIN_PROCESSORS).")
    var minProcessors: Int?

    @Option(help: "The most jobs at a time, the talk's are 20 (BGDEMO_MAX_PROCESSORS). Default: --concurrency, always.")
    var maxProcessors: Int?

    @Option(
        help: """
            What becomes of the job of a worker that died: requeue, to be performed by another, or fail \
            (BGDEMO_ON_DEAD_WORKER). Default: requeue.
            """)
    var onDeadWorker: WorkerOptions.DeadWorkerPolicy?

    func settings(_ environment: EnvironmentVariables) throws -> ResqueSettings {
        var settings = ResqueSettings()
        settings.options.onDeadWorker = try environment.value(onDeadWorker, "BGDEMO_ON_DEAD_WORKER") ?? .requeue
        let fewest = try environment.value(minProcessors, "BGDEMO_MIN_PROCESSORS")
        let most = try environment.value(maxProcessors, "BGDEMO_MAX_PROCESSORS")
        guard fewest != nil || most != nil else { return settings }
        let (low, high) = (fewest ?? 1, most ?? max(fewest ?? 1, 20))
        guard low >= 1, low <= high else {
            throw ValidationError("--min-processors is at least 1, and --max-processors not less")
        }
        settings.processors = low...high
        return settings
    }
}

/// What the options say.
struct ResqueSettings: Sendable {
    var options = WorkerOptions()
    /// How many jobs are performed at a time, following the load; nil for as many as `--concurrency` says.
    var processors: ClosedRange<Int>?
}

extension WorkerOptions.DeadWorkerPolicy: ExpressibleByArgument {}
