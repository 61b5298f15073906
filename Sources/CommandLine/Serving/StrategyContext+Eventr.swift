import ArgumentParser
import BgdemoEventr
import BgdemoFoundations
import Eventr
import Logging
import NIOCore
import RedisClient
import BgdemoCore

extension EventrStrategy {
    init(_ context: StrategyContext) async throws {
        let connector = try context.requireRedis()
        let log = context.events.options.log
        let redis = connector.connect(isCluster: log.isCluster, context.group, logger: context.logger)
        await redis.warnUnlessKept("log", context.logger)
        self.init(
            redis: redis, log: log, semantics: context.semantics,
            consumer: context.role.works ? try context.consumer(connector) : nil, logger: context.logger)
    }
}

extension StrategyContext {
    fileprivate func consumer(_ connector: RedisConnector) throws -> Consumer {
        var handlers = [EventHandler.email(delivery), .counter()]
        if let path = events.audit { handlers.append(.audit(try LineFile(path))) }
        var options = events.options
        options.redis = connector.options
        options.algorithm = semantics.algorithm
        // The talk's consumer has one event in hand, and rests 5 s where there is none.
        options.concurrency = semantics == .original ? 1 : concurrency
        options.poll = semantics == .original ? .seconds(5) : options.poll
        options.attempts = retry.attempts
        options.retryDelay = retry.base
        options.longestRetryDelay = retry.cap
        options.grace = grace.withoutReserve
        return Consumer(
            name: events.consumer, handlers: handlers, redis: connector.url, on: group, options: options, logger: logger
        )
    }
}
