public import Foundation
public import RedisClient
import Synchronization

/// A Redis in the memory of this process, for tests: strings, lists, sets, hashes, sorted sets, expiry, transactions and Lua
/// scripts, each command one step, with a clock that a test may turn. It keeps nothing and needs no server.
///
/// It knows the commands that the libraries of this package use. Another one is refused, as Redis refuses an unknown command.
public final class InMemoryRedis: RedisCommands {
    private let database = Mutex(Database())

    /// Without keys; the clock is the system's.
    public init() {}

    /// Turns the clock forward: keys expire, and scripts see the later time.
    public func advance(by time: Duration) {
        database.withLock { $0.offset += time }
    }

    /// The time, as scripts and `TIME` see it.
    public var now: Date { database.withLock { Date(timeIntervalSince1970: Double($0.milliseconds) / 1000) } }

    /// Runs a command at once.
    ///
    /// - Throws: ``RedisError/reply(_:)`` where it is refused.
    public func execute(_ command: RedisCommand) throws(RedisError) -> RedisValue {
        try run(command).get()
    }

    public func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue {
        try execute(command)
    }

    public func pipeline(_ commands: [RedisCommand], timeLimit: Duration?) async throws(RedisError) -> [RedisValue] {
        database.withLock { database in
            var queued: [[[UInt8]]]?
            return commands.map { command in
                let words = command.arguments
                switch Database.name(of: words) {
                case "MULTI":
                    queued = []
                    return .string(Array("OK".utf8))
                case "EXEC":
                    defer { queued = nil }
                    return .array((queued ?? []).map { database.reply(to: $0) })
                default:
                    guard queued != nil else { return database.reply(to: words) }
                    queued?.append(words)
                    return .string(Array("QUEUED".utf8))
                }
            }
        }
    }

    private func run(_ command: RedisCommand) -> RedisValue {
        database.withLock { $0.reply(to: command.arguments) }
    }
}

extension InMemoryRedis: BlockingRedisCommands {
    /// How often a command that waits is tried.
    private static let pollInterval = Duration.milliseconds(2)

    package func blocking(_ command: RedisCommand, wait: Duration) async throws(RedisError) -> RedisValue {
        let end = ContinuousClock.now + wait
        while true {
            let reply = try execute(command)
            guard reply.isNull, ContinuousClock.now < end else { return reply }
            do { try await Task.sleep(for: Self.pollInterval) } catch { throw .cancelled(mayHaveRun: false) }
        }
    }

    package func close() async {}
}
