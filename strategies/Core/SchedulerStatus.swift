/// Whether the mails that wait for their time are moved on; for `/readyz`.
public struct SchedulerStatus: Sendable {
    /// Whether there is a leader among the schedulers of all processes.
    public let hasLeader: Bool
    /// How many mails should have been moved on.
    public let overdue: Int
    /// For how long the first of them should have been.
    public let delay: Duration

    public init(hasLeader: Bool, overdue: Int, delay: Duration) {
        (self.hasLeader, self.overdue, self.delay) = (hasLeader, overdue, delay)
    }
}
