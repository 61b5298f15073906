public import ArgumentParser
import BgdemoFoundations

/// What resque and queuebus do with the job of a worker that died.
public struct ResqueEstateOptions: StrategyOptions {
    public static let title = "Strategies resque and queuebus"

    @Option(
        help: """
            What happens to the job of a worker that died: requeue, so that another performs it, or fail \
            (BGDEMO_ON_DEAD_WORKER). Default: requeue.
            """)
    var onDeadWorker: DeadWorkerAction?

    @Option(
        help: ArgumentHelp(
            """
            How old the last heartbeat of a worker of another program may be before its job goes to failed, as by \
            Ruby: longer than any of them waits between two (BGDEMO_OTHER_WORKERS_DEAD_AFTER). Default: 1h.
            """, valueName: "time"), transform: Duration.parse)
    var otherWorkersDeadAfter: Duration?

    public init() {}

    public var givenFlags: [String] {
        Self.names(
            ("--on-dead-worker", onDeadWorker != nil), ("--other-workers-dead-after", otherWorkersDeadAfter != nil))
    }

    public func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        _ = try action(environment)
        _ = try otherWorkersDeadAfter(environment)
    }

    /// What happens to the job of a worker that died. Default: ``DeadWorkerAction/requeue``.
    ///
    /// - Throws: `ValidationError` where the environment has another word.
    public func action(_ environment: EnvironmentVariables) throws -> DeadWorkerAction {
        try environment.value(onDeadWorker, "BGDEMO_ON_DEAD_WORKER") ?? .requeue
    }

    /// After how long without a heartbeat a worker of another program is dead. Default: 1 hour.
    ///
    /// - Throws: `ValidationError` where the time is not valid or not more than 0.
    public func otherWorkersDeadAfter(_ environment: EnvironmentVariables) throws -> Duration {
        let time = try environment.value(otherWorkersDeadAfter, "BGDEMO_OTHER_WORKERS_DEAD_AFTER") ?? .seconds(3600)
        guard time > .zero else { throw ValidationError("--other-workers-dead-after is more than 0") }
        return time
    }
}

/// The value of `--on-dead-worker`.
public enum DeadWorkerAction: String, Sendable, CaseIterable, ExpressibleByArgument {
    case requeue, fail
}
