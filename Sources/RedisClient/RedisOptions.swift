/// How long and how much a connection waits. The defaults suit a web request that waits for the answer.
public struct RedisOptions: Sendable {
    /// From a command's sending to its reply. Past it the connection is closed, and a new one made.
    public var commandTimeout = Duration.seconds(5)
    /// For a connection to be made and greeted, TLS and AUTH among it.
    public var connectTimeout = Duration.seconds(5)
    /// How long commands wait for a connection that is away before they fail; one that comes later fails at once.
    public var unavailableTimeout = Duration.seconds(2)
    /// Commands that wait for their replies, sent or not; past it they fail at once.
    public var pendingCommandLimit = 65_536
    /// Bytes of such commands; past it they fail at once.
    public var pendingByteLimit = 64 << 20
    /// The wait before connecting again: from the first to the second it doubles, with jitter.
    public var reconnectBackoff = Duration.milliseconds(50)...Duration.seconds(1)
    /// A file of PEM certificates to trust for `rediss://`; nil trusts those that the system does.
    public var caFile: String?

    /// Five seconds for a command, and two for a Redis that is away.
    public init() {}
}
