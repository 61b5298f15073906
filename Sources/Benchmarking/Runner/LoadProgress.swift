/// How a load goes, for those who watch.
public struct LoadProgress: Sendable, Hashable {
    /// Since the first request could have been due, and until the last.
    public var seconds: Double
    public var of: Double
    public var sent: Int
    public var answered: Int
    public var accepted: Int
    public var delivered: Int
    /// Accepted and not in the inbox.
    public var backlog: Int
    /// Of the answers since the last look.
    public var p99Milliseconds: Double
}
