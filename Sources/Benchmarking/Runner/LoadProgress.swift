/// The state of a load while it runs.
public struct LoadProgress: Sendable, Hashable {
    /// Since the beginning of the load, and its duration.
    public var seconds: Double
    public var of: Double
    public var sent: Int
    public var answered: Int
    public var accepted: Int
    public var delivered: Int
    /// Accepted mails that are not in the inbox.
    public var backlog: Int
    /// Of the answers since the last report.
    public var p99Milliseconds: Double
}
