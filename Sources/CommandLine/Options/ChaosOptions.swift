import BgdemoCore
public import ArgumentParser
public import BgdemoBenchmarking
import RedisClient

/// What goes wrong in the fate matrix.
struct ChaosOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What goes wrong, with commas between: \(FaultNames.names.joined(separator: ", ")). Default: all.",
            valueName: "names"),
        completion: ListArgument.completion { FaultNames.names }, transform: FaultNames.parse)
    var faults: FaultNames?

    @Option(
        help: ArgumentHelp(
            "Cells of the matrix that are run at a time; they mostly wait. Default: 4 for each core.",
            valueName: "number"), transform: Int.parse)
    var atATime: Int?

    @Option(
        help: ArgumentHelp(
            "How often each fault is injected, at seeded moments of fresh runs. Default: 1.", valueName: "number"),
        transform: Int.parse)
    var strikes: Int?

    @Option(
        help: ArgumentHelp(
            "The processes of --target, to be killed and stopped too: their pids, or files that have them.",
            valueName: "web,worker"))
    var targetPids: ExternalProcesses?

    @Option(help: "The Redis of --target, whose connections are cut and paused too.")
    var targetRedis: String?

    @Option(help: "A shell command that starts again what was killed of --target. Default: a supervisor does.")
    var targetRestart: String?

    /// `target` with its processes, if they are given.
    func subject(_ target: Target) -> BenchmarkSubject {
        var processes = targetPids
        processes?.redisURL = targetRedis
        processes?.restart = targetRestart
        return BenchmarkSubject(target, processes: processes)
    }

    func check(targets: Int, inboxPort: Int?) throws {
        guard targetPids == nil || (targets == 1 && inboxPort ?? 0 > 0) else {
            throw ValidationError("--target-pids goes with one --target, and --inbox-port, where its mails are awaited")
        }
        guard targetPids != nil || (targetRedis == nil && targetRestart == nil) else {
            throw ValidationError("--target-redis and --target-restart go with --target-pids")
        }
        let fatal = faults?.faults.first { ["kill-worker", "kill-server", "terminate"].contains($0.name) }
        if let fatal, let targetPids, !targetPids.areFiles {
            throw ValidationError(
                "--faults \(fatal.name) needs files with the pids in --target-pids: the process that follows has another pid"
            )
        }
        if let targetRedis {
            do { _ = try RedisURL(targetRedis) } catch { throw ValidationError("--target-redis: \(error)") }
        }
        try check()
    }

    func check() throws {
        guard (1...100).contains(strikes ?? 1) else { throw ValidationError("--strikes is 1 to 100") }
        guard (1...1000).contains(atATime ?? 1) else { throw ValidationError("--at-a-time is 1 to 1000") }
    }
}

/// The value of `--faults`.
struct FaultNames: ExplainedArgument {
    let faults: [Fault]

    @Sendable static func parse(_ text: String) throws -> FaultNames {
        let given = try ListArgument.parts(of: text, kind: "a fault", names: names) { names.contains($0) ? $0 : nil }
        // In the order of the columns, each once.
        return FaultNames(faults: Fault.all.filter { given.contains($0.name) })
    }

    static var names: [String] { Fault.all.map(\.name) }
}

extension ExternalProcesses: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
