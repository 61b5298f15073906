import Logging
import NIOCore
import BgdemoQueueBus
import BgdemoPubSub
import RedisClient
import Resque
import BgdemoResque
import BgdemoCore

extension PubSub {
    init(_ context: StrategyContext) throws {
        let connector = try context.requireRedis()
        self.init(
            // A replica takes PUBLISH as well, for its own subscribers.
            redis: connector.connect(context.group, logger: context.logger, roleCheckInterval: .seconds(2)),
            worker: context.role.works ? Subscriber(context, connector) : nil, semantics: context.semantics,
            logger: context.logger)
    }
}

extension Subscriber {
    fileprivate init(_ context: StrategyContext, _ connector: RedisConnector) {
        var settings = Settings()
        settings.semantics = context.semantics
        settings.concurrency = context.concurrency
        settings.backlog = context.backlog
        settings.retry = context.retry
        settings.throttle = context.throttle
        settings.grace = context.grace
        self.init(
            connector.url, options: connector.options, on: context.group.next(), sender: context.sender,
            tracker: context.tracker, settings: settings, logger: context.logger)
    }
}

extension ResqueStrategy {
    init(_ context: StrategyContext) async throws {
        let connector = try context.requireRedis()
        let redis = connector.connect(context.group, logger: context.logger)
        await redis.warnUnlessKept("jobs", context.logger)
        self.init(
            redis: redis, worker: context.role.works ? context.resqueWorker(connector) : nil)
    }
}

extension QueueBusStrategy {
    init(_ context: StrategyContext) throws {
        let connector = try context.requireRedis()
        var options = context.resque.options
        options.grace = context.grace.withoutReserve
        options.redis = connector.options
        options.concurrency = context.concurrency
        try self.init(
            redis: connector.connect(context.group, logger: context.logger), url: connector.url, on: context.group,
            delivery: context.delivery, retry: context.retry, archive: context.archive, options: options,
            logger: context.logger)
    }
}

extension StrategyContext {
    fileprivate func resqueWorker(_ connector: RedisConnector) -> ResqueStrategy.WorkerService {
        var jobs = Jobs()
        jobs.registerMail(delivery, retry: retry, semantics)
        jobs.registerSlowJobs()
        var options = resque.options
        options.grace = grace.withoutReserve
        options.redis = connector.options
        // The talk's workers cleaned up after the dead, and gave their jobs to nobody.
        if semantics == .original { options.onDeadWorker = .fail }
        return ResqueStrategy.WorkerService(
            jobs: jobs, processors: resque.processors ?? concurrency...concurrency, redis: connector.url, on: group,
            options: options, logger: logger)
    }
}
