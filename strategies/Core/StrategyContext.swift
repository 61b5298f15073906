public import BgdemoEmail
import BgdemoFoundations
public import Logging
public import NIOCore

/// What a strategy is made of in one process of `serve`.
public struct StrategyContext: Sendable {
    public let sender: any EmailSender
    public let tracker: DeliveryTracker
    public let work: WorkSettings
    /// How long a graceful stop may take in all.
    public let grace: Duration
    public let role: Role
    public let group: any EventLoopGroup
    public let logger: Logger
    public let environment: EnvironmentVariables
    private let redis: RedisEndpoint?
    /// The connection to the master, where this process is a child of one.
    public let master: (any MasterProcess)?
    private let options: [any StrategyOptions]

    /// - Parameter options: The values of all option groups of the strategy.
    public init(
        sender: any EmailSender, tracker: DeliveryTracker, work: WorkSettings, grace: Duration, role: Role,
        group: any EventLoopGroup, logger: Logger, environment: EnvironmentVariables, redis: RedisEndpoint?,
        master: (any MasterProcess)?, options: [any StrategyOptions]
    ) {
        (self.sender, self.tracker, self.work, self.grace, self.role) = (sender, tracker, work, grace, role)
        (self.group, self.logger, self.environment) = (group, logger, environment)
        (self.redis, self.master, self.options) = (redis, master, options)
    }

    public var delivery: Delivery {
        Delivery(sender: sender, tracker: tracker, throttle: work.throttle, attempts: work.retry.attempts)
    }

    /// The time for a worker to finish the jobs in hand. The rest of ``grace`` is for giving back the others.
    public var workerGrace: Duration { grace.withoutReserve }

    /// The Redis of a strategy whose descriptor says that it needs one.
    ///
    /// - Throws: ``StrategyContextError`` where the descriptor does not say so.
    public func requireRedis() throws -> RedisEndpoint {
        guard let redis else { throw StrategyContextError.noRedis }
        return redis
    }

    /// The values of an option group.
    ///
    /// - Throws: ``StrategyContextError`` where the descriptor does not list the group.
    public func options<Options: StrategyOptions>(_ type: Options.Type = Options.self) throws -> Options {
        for case let options as Options in options { return options }
        throw StrategyContextError.noOptions("\(type)")
    }
}

/// A strategy asks for something that its descriptor does not list.
public enum StrategyContextError: Error, CustomStringConvertible {
    case noRedis
    case noOptions(String)

    public var description: String {
        switch self {
        case .noRedis: "the strategy uses Redis, but its descriptor does not say so"
        case .noOptions(let type): "the strategy uses \(type), which its descriptor does not list"
        }
    }
}

extension Duration {
    /// The time to finish, of a graceful stop that may take as long as this. The last quarter, at most 1 s, is for
    /// ending in order what has not ended by itself: clients are answered, jobs are given back.
    public var withoutReserve: Duration { self - min(.seconds(1), self / 4) }
}
