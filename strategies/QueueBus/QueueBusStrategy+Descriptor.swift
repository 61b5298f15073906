public import BgdemoCore
import Resque

extension StrategyDescriptor {
    public static let queueBus = StrategyDescriptor(
        "queuebus", summary: "an event, copied to a queue per subscriber",
        deployment: .webServerAndWorkers, needsRedis: true, options: [QueueBusOptions.self, ResqueEstateOptions.self],
        guarantees: .losesNothing
    ) { context in
        let redis = try context.requireRedis()
        let estate = try context.options(ResqueEstateOptions.self)
        var options = WorkerOptions()
        options.namespace = try estate.namespace(context.environment)
        options.onDeadWorker =
            switch try estate.action(context.environment) {
            case .requeue: .requeue
            case .fail: .fail
            }
        options.grace = context.workerGrace
        options.redis = redis.options
        options.concurrency = context.work.concurrency
        return try QueueBusStrategy(
            redis: redis.connect(context.group, logger: context.logger), url: redis.url, on: context.group,
            delivery: context.delivery, retry: context.work.retry,
            archive: context.options(QueueBusOptions.self).archive(context.environment), options: options,
            logger: context.logger)
    }
}
