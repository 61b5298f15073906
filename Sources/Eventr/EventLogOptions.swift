/// Where the log is in Redis. All programs that share a log must use the same options.
public struct EventLogOptions: Sendable {
    /// The text before the first colon of each key. Default: `eventr`.
    public var namespace = "eventr"
    /// The length of a partition, in seconds; at least 1. Default: 60.
    public var partitionSeconds = 60
    /// Whether Redis is a Cluster; then the keys contain hash tags (`eventr:partitions:{29857612}`). Default: false.
    public var isCluster = false
    /// How long Redis remembers the id of an event; see ``Producer/write(json:id:)``. Default: 24 hours.
    public var idWindow = Duration.seconds(86_400)

    /// Keys `eventr:…`, partitions of a minute, one server.
    public init() {}
}
