public import ArgumentParser

/// What resque and queuebus do with the job of a worker that died.
public struct ResqueEstateOptions: StrategyOptions {
    public static let title = "Strategies resque and queuebus"

    @Option(
        help: """
            What happens to the job of a worker that died: requeue, so that another performs it, or fail \
            (BGDEMO_ON_DEAD_WORKER). Default: requeue.
            """)
    var onDeadWorker: DeadWorkerAction?

    public init() {}

    public var givenFlags: [String] {
        Self.names(("--on-dead-worker", onDeadWorker != nil))
    }

    public func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        _ = try action(environment)
    }

    public func action(_ environment: EnvironmentVariables) throws -> DeadWorkerAction {
        try environment.value(onDeadWorker, "BGDEMO_ON_DEAD_WORKER") ?? .requeue
    }
}

/// The value of `--on-dead-worker`.
public enum DeadWorkerAction: String, Sendable, CaseIterable, ExpressibleByArgument {
    case requeue, fail
}
