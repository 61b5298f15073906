public import BgdemoCore
import BgdemoFoundations
import BgdemoOriginal2016
import Eventr
import RedisClient

extension StrategyDescriptor {
    public static let eventr = StrategyDescriptor(
        "eventr", summary: "an event in a Redis log; consumers read it",
        deployment: .webServerAndWorkers, redisRights: .eventr,
        pages: [
            .events {
                try $0.options(EventrOptions.self)
                    .consumerOptions($0.environment, isCluster: $0.requireRedis().url.isCluster).log.isCluster
            }
        ], options: [EventrOptions.self],
        // With `appendfsync everysec`, Redis' default, its last second.
        guarantees: .losesNothing(except: .powerFailure),
        notes: TalkNotes(
            "Immutable event bus",
            better: ["Events are kept, and can be read again", "One event, many readers"],
            still: ["A lot of Lua slows Redis down", "The history is in memory", "Old keys must be deleted"]),
        original: { try await OriginalEventr($0) }, make: { try await EventrStrategy($0) })
}

extension EventrStrategy {
    fileprivate init(_ context: StrategyContext) async throws {
        let redis = try context.requireRedis()
        let log = try context.options(EventrOptions.self).consumerOptions(
            context.environment, isCluster: redis.url.isCluster
        )
        .log
        let commands = redis.connect(isCluster: log.isCluster, context.group, logger: context.logger)
        await commands.warnWithoutAppendOnlyFile("log", context.logger)
        self.init(
            redis: commands, log: log, consumer: context.role.works ? try Consumer(redis, context) : nil)
    }
}

extension Consumer {
    fileprivate convenience init(_ redis: RedisEndpoint, _ context: StrategyContext) throws {
        let chosen = try context.options(EventrOptions.self)
        var options = try chosen.consumerOptions(context.environment, isCluster: redis.url.isCluster)
        options.redis = redis.options
        options.concurrency = context.work.concurrency
        options.attempts = context.work.retry.attempts
        options.retryDelay = context.work.retry.base
        options.longestRetryDelay = context.work.retry.cap
        options.grace = context.workerGrace
        let (name, logger) = (try chosen.consumerName(context.environment), context.logger)
        self.init(
            name: name, handlers: try chosen.handlers(context), redis: redis.url, on: context.group, options: options,
            logger: logger
        ) { event in
            // The mail that it sent is in the log.
            if case .success(EventHandler.emailName, _, _) = event { return }
            event.log(to: logger, consumer: name)
        }
    }
}

extension OriginalEventr {
    fileprivate init(_ context: StrategyContext) async throws {
        let redis = try context.requireRedis()
        let chosen = try context.options(EventrOptions.self)
        let commands = redis.connect(context.group, logger: context.logger)
        await commands.warnWithoutAppendOnlyFile("log", context.logger)
        let name = try chosen.consumerName(context.environment)
        let logger = context.logger
        let consumer = OriginalConsumer(name: name, handlers: try chosen.handlers(context), redis: commands) {
            $0.log(to: logger, consumer: name)
        }
        self.init(redis: commands, consumer: context.role.works ? consumer : nil, logger: logger)
    }
}

extension EventrOptions {
    fileprivate func handlers(_ context: StrategyContext) throws -> [EventHandler] {
        let handlers = [EventHandler.email(context.delivery), .counter()]
        guard let file = try audit(context.environment) else { return handlers }
        return handlers + [.audit(file)]
    }
}

extension RedisRights {
    static let eventr = RedisRights(
        commands: """
            del eval evalsha exists expire get hdel hexists hget hgetall hlen hset hsetnx lindex llen \
            lrange lrem ltrim pexpire ping pttl publish role rpush script|load select set subscribe time \
            unlink unsubscribe zadd zcard zrange zrangebyscore zrem zrevrangebyscore zscore
            """, keys: "eventr:", channels: ["eventr:*"])
}
