public import BgdemoCore
import BgdemoOriginal2016
import NIOCore
import RedisClient

extension StrategyDescriptor {
    public static let pubSub = StrategyDescriptor(
        "pubsub", summary: "published on Redis; who listens sends it",
        deployment: .webServerAndWorkers, redisRights: .pubSub,
        // What nobody has heard, and what a subscriber holds that dies.
        guarantees: .losesNothing(
            except: .killWorker, .killRemoteWorker, .terminate, .redisKilled, .redisCut, .redisSilent, .powerFailure,
            .powerFailureSynced),
        notes: TalkNotes(
            "Remote messages",
            better: ["More than one server"],
            still: ["Only one type of server", "Who does not listen does not hear", "Nobody sees the queue"]),
        original: { try OriginalPubSub($0) }
    ) { context in
        let redis = try context.requireRedis()
        return PubSub(
            // A replica takes PUBLISH as well, for its own subscribers.
            // On a Cluster all are with one node, which counts who listens.
            redis: redis.connect(
                context.group, to: PubSub.channel, logger: context.logger, roleCheckInterval: .seconds(2)),
            isCluster: redis.url.isCluster, worker: context.role.works ? Subscriber(redis, context) : nil,
            logger: context.logger)
    }
}

extension Subscriber {
    fileprivate init(_ redis: RedisEndpoint, _ context: StrategyContext) {
        var settings = Settings()
        settings.concurrency = context.work.concurrency
        settings.backlog = context.work.backlog
        settings.retry = context.work.retry
        settings.throttle = context.work.throttle
        settings.grace = context.grace
        self.init(
            redis.url.node(of: PubSub.channel), options: redis.options, on: context.group.next(),
            sender: context.sender, tracker: context.tracker, settings: settings, logger: context.logger)
    }
}

extension OriginalPubSub {
    fileprivate init(_ context: StrategyContext) throws {
        let redis = try context.requireRedis()
        self.init(
            redis: redis.connect(context.group, logger: context.logger),
            subscriber: context.role.works ? OriginalSubscriber(redis, context) : nil, logger: context.logger)
    }
}

extension OriginalSubscriber {
    fileprivate init(_ redis: RedisEndpoint, _ context: StrategyContext) {
        self.init(
            redis.url, options: redis.options, on: context.group.next(), sender: context.sender,
            tracker: context.tracker, throttle: context.work.throttle, logger: context.logger)
    }
}

extension RedisRights {
    static let pubSub = RedisRights(
        commands: """
            del eval evalsha expire get hexists hget hlen hset pexpire ping pttl publish role \
            script|load select set subscribe unsubscribe
            """, keys: "{emailz}:", channels: ["emailz", "emailz:*"])
}
