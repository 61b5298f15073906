public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// One connection per event loop to one Redis. A call from an event loop of the group uses that loop's connection and
/// never leaves the loop; calls from elsewhere use the connections in turn.
public final class RedisConnectionPool: RedisCommands {
    /// Where it connects to.
    public let url: RedisURL
    private let connections: [RedisConnection]
    private let turn = Atomic<Int>(0)

    /// Begins to connect; commands wait meanwhile.
    public init(
        _ url: RedisURL, on group: any EventLoopGroup, options: RedisOptions = RedisOptions(), logger: Logger
    ) {
        self.url = url
        let outage = options.outageLogger ?? OutageLogger(url, logger)
        connections = group.makeIterator().map { RedisConnection(url, on: $0, options, outage) }
        precondition(!connections.isEmpty, "an event loop group without an event loop")
    }

    /// Whether every event loop has its connection.
    public var isConnected: Bool { connections.allSatisfy(\.isConnected) }

    /// Begins to close all connections. Commands that wait, and all later ones, fail with ``RedisError/closed``.
    public func close() {
        for connection in connections { connection.close() }
    }

    /// Closes all connections. Commands that wait, and all later ones, fail with ``RedisError/closed``. When this returns,
    /// nothing of them is left on their event loops, which may then be shut down.
    public func close() async {
        beginToClose()
        for connection in connections { await connection.close() }
    }

    private func beginToClose() { close() }

    public func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue {
        try await connection.send(command, timeLimit: timeLimit)
    }

    public func send(_ command: RedisCommand, after other: RedisCommand) async throws(RedisError) -> RedisValue {
        try await connection.send(command, after: other)
    }

    public func pipeline(
        _ commands: [RedisCommand], timeLimit: Duration?
    ) async throws(RedisError) -> [RedisValue] {
        try await connection.pipeline(commands, timeLimit: timeLimit)
    }

    private var connection: RedisConnection {
        if let loop = MultiThreadedEventLoopGroup.currentEventLoop,
            let own = connections.first(where: { $0.eventLoop === loop })
        {
            return own
        }
        return connections[Int(turn.add(1, ordering: .relaxed).newValue.magnitude % UInt(connections.count))]
    }
}
