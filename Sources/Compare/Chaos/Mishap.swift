/// Something that goes wrong while mails are under way: a column of the fate matrix.
public struct Mishap: Sendable {
    /// The value of `--faults`.
    public let name: String
    /// As a column's head.
    public let summary: String
    /// Whether a strategy has what is struck.
    let strikes: @Sendable (Contender) -> Bool
    /// How long the load goes on: some mails come before it, and some after all is well again.
    let seconds: Double
    /// Makes it happen, says when it has, and returns when everything runs again.
    let happen: @Sendable (Contestant, _ struck: () -> Void) async throws -> Void

    init(
        _ name: String, _ summary: String, seconds: Double = 5,
        strikes: @escaping @Sendable (Contender) -> Bool = { _ in true },
        happen: @escaping @Sendable (Contestant, _ struck: () -> Void) async throws -> Void
    ) {
        (self.name, self.summary, self.seconds) = (name, summary, seconds)
        (self.strikes, self.happen) = (strikes, happen)
    }

    /// In the order of the columns.
    public static let all = ofProcesses + ofMailServers + ofRedis
}
