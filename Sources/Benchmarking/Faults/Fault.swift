/// Something that goes wrong while mails are under way: a column of the fate matrix.
public struct Fault: Sendable {
    /// The value of `--faults`.
    public let name: String
    /// As a column's head.
    public let summary: String
    /// Whether a strategy has what is struck.
    let applies: @Sendable (BenchmarkSubject) -> Bool
    /// How long the load goes on: some mails come before it, and some after all is well again.
    let seconds: Double
    /// Makes it happen, says when it has, and returns when everything runs again.
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
