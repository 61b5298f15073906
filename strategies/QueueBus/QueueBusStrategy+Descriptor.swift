public import BgdemoCore
import RedisClient
import Resque

extension StrategyDescriptor {
    public static let queueBus = StrategyDescriptor(
        "queuebus", summary: "an event, copied to a queue per subscriber",
        deployment: .webServerAndWorkers, redisRights: .queueBus, pages: [.bus, .queues],
        options: [QueueBusOptions.self, ResqueEstateOptions.self, NamespaceOptions.self],
        // With `appendfsync everysec`, Redis' default, its last second.
        guarantees: .losesNothing(except: .powerFailure),
        notes: TalkNotes(
            "Queue bus",
            better: ["One event goes to many consumers", "Queues that can be seen, as Resque's"],
            still: ["No event log that can be replayed"])
    ) { context in
        let redis = try context.requireRedis()
        let estate = try context.options(ResqueEstateOptions.self)
        var options = WorkerOptions()
        options.exceptionName = DeliveryErrorName.name
        options.onDeadWorker =
            switch try estate.action(context.environment) {
            case .requeue: .requeue
            case .fail: .fail
            }
        options.otherProgramDeadAfter = try estate.otherWorkersDeadAfter(context.environment)
        options.grace = context.workerGrace
        options.redis = redis.options
        options.namespace = try context.options(NamespaceOptions.self).namespace(context.environment, on: redis.url)
        options.concurrency = context.work.concurrency
        return try QueueBusStrategy(
            redis: redis.connect(context.group, to: options.namespace + ":", logger: context.logger), url: redis.url,
            on: context.group,
            delivery: context.delivery, retry: context.work.retry,
            archive: context.options(QueueBusOptions.self).archive(context.environment), options: options,
            logger: context.logger)
    }
}

extension RedisRights {
    static let queueBus = RedisRights(
        commands: """
            blmove del eval evalsha exists expire get hdel hexists hget hgetall hkeys hlen hmget hset \
            hvals incr lindex llen lpop lpush lrange lrem mget mset pexpire ping pttl role rpush sadd \
            script|load select set sismember smembers srem time ttl type unlink zadd zcard zrange zrangebyscore \
            zrem
            """, keys: "resque:")
}
