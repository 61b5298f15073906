import ArgumentParser
import BgdemoFoundations
import BgdemoLocal
import Logging
import BgdemoEmail
import NIOCore
import BgdemoCore

/// What strategies are made of, in this process.
struct StrategyContext: Sendable {
    let sender: any EmailSender
    let tracker: DeliveryTracker
    let throttle: Throttle
    let retry: RetryPolicy
    let concurrency: Int
    let backlog: Int
    /// How long a request of foreground waits.
    let answerWithin: Duration
    let semantics: Semantics
    let grace: Duration
    let group: any EventLoopGroup
    let logger: Logger
    /// To the master, where this process is a child of one.
    let master: MasterConnection?
    /// Which halves this process is.
    let role: Role
    /// How Resque's workers work.
    let resque: ResqueSettings
    /// How the event bus' consumers work.
    let events: EventSettings
    /// Where queuebus' second subscriber keeps what was requested.
    let archive: LineFile?
    /// Where the strategy stands on one.
    let redis: RedisConnector?

    var delivery: Delivery { Delivery(sender: sender, tracker: tracker, throttle: throttle) }

    /// The Redis of a descriptor that says it needs one.
    func requireRedis() throws -> RedisConnector {
        guard let redis else { throw ValidationError("this strategy needs a Redis") }
        return redis
    }
}
