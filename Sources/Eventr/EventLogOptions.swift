/// Where the log is in Redis. All who share a log must agree on these; the defaults are the talk's.
public struct EventLogOptions: Sendable {
    /// What the keys begin with, without the colon.
    public var namespace = "eventr"
    /// How long one partition is. The talk's is a minute.
    public var partitionSeconds = 60
    /// Whether Redis is a Cluster: keys then carry hash tags (`eventr:partitions:{29857612}`).
    public var isCluster = false

    /// The talk's: `eventr:…`, partitions of a minute, one server.
    public init() {}
}

/// How events are written and consumed.
public enum Algorithm: String, Sendable, CaseIterable {
    /// As the code of 2016 did it: the cursor moves before the work is done, errors are only told, an event written late
    /// is skipped, and so on.
    case talk
    /// As it should have.
    case safe
}
