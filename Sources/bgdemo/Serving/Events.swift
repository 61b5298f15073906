import ArgumentParser
import EventBus
import Eventr
import Logging
import NIOCore
import Redis
import Strategy

extension EventrStrategy {
    init(_ workshop: Workshop) async throws {
        let place = try workshop.redisPlace()
        let log = workshop.events.options.log
        let redis = place.connect(isCluster: log.isCluster, workshop.group, logger: workshop.logger)
        await redis.warnUnlessKept("log", workshop.logger)
        self.init(
            redis: redis, log: log, semantics: workshop.semantics,
            consumer: workshop.role.works ? try workshop.consumer(place) : nil, logger: workshop.logger)
    }
}

extension Workshop {
    fileprivate func consumer(_ place: RedisPlace) throws -> Consumer {
        var handlers = [EventHandler.email(delivery), .counter()]
        if let path = events.audit { handlers.append(.audit(try LineFile(path))) }
        var options = events.options
        options.redis = place.options
        options.algorithm = semantics.algorithm
        // The talk's consumer has one event in hand, and rests 5 s where there is none.
        options.concurrency = semantics == .talk ? 1 : concurrency
        options.poll = semantics == .talk ? .seconds(5) : options.poll
        options.attempts = retry.attempts
        options.retryDelay = retry.base
        options.longestRetryDelay = retry.cap
        options.grace = grace.butTheLast
        return Consumer(
            name: events.consumer, handlers: handlers, redis: place.url, on: group, options: options, logger: logger)
    }
}
