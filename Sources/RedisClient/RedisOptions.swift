/// How long a connection waits and how much it holds. The defaults suit a web request that waits for the answer.
public struct RedisOptions: Sendable {
    /// From sending a command to its reply. After it the connection is closed and a new one is made. Default: 5 seconds.
    public var commandTimeout = Duration.seconds(5)
    /// For a connection to be made and to finish its handshake, with TLS and AUTH. Default: 5 seconds.
    public var connectTimeout = Duration.seconds(5)
    /// How long commands wait while there is no connection. A command that comes later fails at once; a command that a
    /// server refused because it is not the primary is repeated for as long. Default: 2 seconds.
    public var unavailableTimeout = Duration.seconds(2)
    /// Commands without a reply, sent or not. Further commands fail at once. Default: 65,536.
    public var pendingCommandLimit = 65_536
    /// Bytes of such commands. Further commands fail at once. Default: 64 MiB.
    public var pendingByteLimit = 64 << 20
    /// The most bytes of one reply. A longer one closes the connection, as does one of more than 1,048,576 elements.
    /// Default: 64 MiB.
    public var replyByteLimit = 64 << 20
    /// The wait before connecting again: it doubles from the first value to the second, with jitter. Default: 50 ms to
    /// 1 second.
    public var reconnectBackoff = Duration.milliseconds(50)...Duration.seconds(1)
    /// How often a connection asks whether its server is still the primary (`ROLE`), and a subscription whether what is
    /// published arrives. A connection to a replica is closed and made again. nil: never; a write that the server
    /// refuses has the same effect. Default: nil.
    public var roleCheckInterval: Duration?
    /// A file of PEM certificates to trust for `rediss://`; nil trusts those that the system trusts. Default: nil.
    public var caFile: String?
    /// A file of PEM certificates to show to a server that asks for one, the client's own first. Default: nil.
    public var certificateFile: String?
    /// A file with the PEM key of ``certificateFile``. Default: nil, the key is in the same file.
    public var privateKeyFile: String?
    /// Where several pools and subscriptions log an outage, each once; nil for one log for each of them.
    package var outageLogger: OutageLogger?

    /// The defaults: 5 seconds for a command, 2 while there is no connection.
    public init() {}
}
