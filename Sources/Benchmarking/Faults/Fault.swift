/// Something that goes wrong while mails are under way: a column of the fault matrix.
public struct Fault: Sendable {
    /// The value of `--faults`.
    public let name: String
    /// The head of its column.
    public let summary: String
    /// Whether a subject has what the fault affects.
    let applies: @Sendable (BenchmarkSubject) -> Bool
    /// The duration of the load: some mails before the fault, and some after everything runs again.
    let seconds: Double
    /// Injects the fault, calls `didInject`, and returns when everything runs again.
    let inject: @Sendable (RunningSubject, _ didInject: () -> Void) async throws -> Void

    init(
        _ name: String, _ summary: String, seconds: Double = 5,
        applies: @escaping @Sendable (BenchmarkSubject) -> Bool = { _ in true },
        inject: @escaping @Sendable (RunningSubject, _ didInject: () -> Void) async throws -> Void
    ) {
        (self.name, self.summary, self.seconds) = (name, summary, seconds)
        (self.applies, self.inject) = (applies, inject)
    }

    /// In the order of the columns.
    public static let all = ofProcesses + ofMailServers + ofRedis
}
