public import BgdemoCore
import BgdemoFoundations
import Eventr

extension StrategyDescriptor {
    public static let eventr = StrategyDescriptor(
        "eventr", summary: "an event in a Redis log; consumers read it",
        deployment: .webServerAndWorkers, needsRedis: true, options: [EventrOptions.self], guarantees: .losesNothing,
        original: { try await EventrStrategy($0) }, make: { try await EventrStrategy($0) })
}

extension EventrStrategy {
    fileprivate init(_ context: StrategyContext) async throws {
        let redis = try context.requireRedis()
        let log = try context.options(EventrOptions.self).consumerOptions(context.environment).log
        let commands = redis.connect(isCluster: log.isCluster, context.group, logger: context.logger)
        await commands.warnWithoutAppendOnlyFile("log", context.logger)
        self.init(
            redis: commands, log: log, semantics: context.work.semantics,
            consumer: context.role.works ? try Consumer(redis, context) : nil, logger: context.logger)
    }
}

extension Consumer {
    fileprivate convenience init(_ redis: RedisEndpoint, _ context: StrategyContext) throws {
        let chosen = try context.options(EventrOptions.self)
        var handlers = [EventHandler.email(context.delivery), .counter()]
        if let file = try chosen.audit(context.environment) { handlers.append(.audit(file)) }
        var options = try chosen.consumerOptions(context.environment)
        options.redis = redis.options
        options.algorithm = context.work.semantics.algorithm
        // The talk's consumer has one event in hand, and waits 5 s where there is none.
        options.concurrency = context.work.semantics == .original ? 1 : context.work.concurrency
        options.poll = context.work.semantics == .original ? .seconds(5) : options.poll
        options.attempts = context.work.retry.attempts
        options.retryDelay = context.work.retry.base
        options.longestRetryDelay = context.work.retry.cap
        options.grace = context.workerGrace
        self.init(
            name: try chosen.consumerName(context.environment), handlers: handlers, redis: redis.url, on: context.group,
            options: options, logger: context.logger)
    }
}
