public import ArgumentParser

/// What resque and queuebus have in common: where their keys are, and what they do with the job of a worker that died.
public struct ResqueEstateOptions: StrategyOptions {
    public static let title = "Strategies resque and queuebus"

    @Option(help: "What the keys of Resque begin with, without the colon (BGDEMO_NAMESPACE). Default: resque.")
    var namespace: String?

    @Option(
        help: """
            What happens to the job of a worker that died: requeue, so that another performs it, or fail \
            (BGDEMO_ON_DEAD_WORKER). Default: requeue.
            """)
    var onDeadWorker: DeadWorkerAction?

    public init() {}

    public var givenFlags: [String] {
        Self.names(("--namespace", namespace != nil), ("--on-dead-worker", onDeadWorker != nil))
    }

    public func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        _ = try action(environment)
        guard try !namespace(environment).isEmpty else { throw ValidationError("--namespace is empty") }
    }

    public func namespace(_ environment: EnvironmentVariables) throws -> String {
        try environment.value(namespace, "BGDEMO_NAMESPACE") ?? "resque"
    }

    public func action(_ environment: EnvironmentVariables) throws -> DeadWorkerAction {
        try environment.value(onDeadWorker, "BGDEMO_ON_DEAD_WORKER") ?? .requeue
    }
}

/// The value of `--on-dead-worker`.
public enum DeadWorkerAction: String, Sendable, CaseIterable, ExpressibleByArgument {
    case requeue, fail
}
