/// Something that goes wrong while mails are under way: a column of the fault matrix.
public struct Fault: Sendable {
    /// The value of `--faults`.
    public let name: String
    /// The head of its column.
    public let summary: String
    /// Whether a subject has what the fault affects.
    let applies: @Sendable (BenchmarkSubject) -> Bool
    /// How the processes are started.
    let conditions: RunConditions
    /// Without any mail for so long the missing ones are lost: longer than the slowest recovery.
    let quiet: Duration
    /// Why it cannot be injected on this machine; nil if it can.
    let obstacle: @Sendable () async -> String?
    /// The duration of the load: some mails before the fault, and some after everything runs again.
    let seconds: Double
    /// Injects the fault, calls `didInject`, and returns when everything runs again.
    let inject: @Sendable (RunningSubject, _ didInject: () -> Void) async throws -> Void

    init(
        _ name: String, _ summary: String, seconds: Double = 5, conditions: RunConditions = RunConditions(),
        quiet: Duration = .seconds(15), obstacle: @escaping @Sendable () async -> String? = { nil },
        applies: @escaping @Sendable (BenchmarkSubject) -> Bool = { _ in true },
        inject: @escaping @Sendable (RunningSubject, _ didInject: () -> Void) async throws -> Void
    ) {
        (self.name, self.summary, self.seconds) = (name, summary, seconds)
        (self.conditions, self.quiet, self.obstacle) = (conditions, quiet, obstacle)
        (self.applies, self.inject) = (applies, inject)
    }

    /// In the order of the columns.
    public static let all = ofProcesses + ofMailServers + ofRedis + ofPower

    /// Those of these that can be injected on this machine, and why the others cannot.
    public static func possible(_ faults: [Fault]) async -> (faults: [Fault], leftOut: [(name: String, why: String)]) {
        var (possible, leftOut): ([Fault], [(name: String, why: String)]) = ([], [])
        for fault in faults {
            if let why = await fault.obstacle() { leftOut.append((fault.name, why)) } else { possible.append(fault) }
        }
        return (possible, leftOut)
    }
}
