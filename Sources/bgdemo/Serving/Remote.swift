import Logging
import NIOCore
import MailBus
import PubSub
import Redis
import Resque
import ResqueQueue
import Strategy

extension PubSub {
    init(_ workshop: Workshop) throws {
        let place = try workshop.redisPlace()
        self.init(
            redis: place.connect(workshop.group, logger: workshop.logger),
            worker: workshop.role.works ? Subscriber(workshop, place) : nil, semantics: workshop.semantics,
            logger: workshop.logger)
    }
}

extension Subscriber {
    fileprivate init(_ workshop: Workshop, _ place: RedisPlace) {
        var settings = Settings()
        settings.semantics = workshop.semantics
        settings.concurrency = workshop.concurrency
        settings.backlog = workshop.backlog
        settings.retry = workshop.retry
        settings.throttle = workshop.throttle
        settings.grace = workshop.grace
        self.init(
            place.url, options: place.options, on: workshop.group.next(), sender: workshop.sender,
            tracker: workshop.tracker, settings: settings, logger: workshop.logger)
    }
}

extension ResqueStrategy {
    init(_ workshop: Workshop) async throws {
        let place = try workshop.redisPlace()
        let redis = place.connect(workshop.group, logger: workshop.logger)
        await redis.warnUnlessKept("jobs", workshop.logger)
        self.init(
            redis: redis, worker: workshop.role.works ? workshop.resqueWorker(place) : nil)
    }
}

extension QueueBusStrategy {
    init(_ workshop: Workshop) throws {
        let place = try workshop.redisPlace()
        var options = workshop.resque.options
        options.grace = workshop.grace.butTheLast
        options.redis = place.options
        options.concurrency = workshop.concurrency
        try self.init(
            redis: place.connect(workshop.group, logger: workshop.logger), url: place.url, on: workshop.group,
            delivery: workshop.delivery, retry: workshop.retry, archive: workshop.archive, options: options,
            logger: workshop.logger)
    }
}

extension Workshop {
    fileprivate func resqueWorker(_ place: RedisPlace) -> ResqueStrategy.WorkerService {
        var jobs = Jobs()
        jobs.registerMail(delivery, retry: retry, semantics)
        jobs.registerSlowJobs()
        var options = resque.options
        options.grace = grace.butTheLast
        options.redis = place.options
        // The talk's workers cleaned up after the dead, and gave their jobs to nobody.
        if semantics == .talk { options.onDeadWorker = .fail }
        return ResqueStrategy.WorkerService(
            jobs: jobs, processors: resque.processors ?? concurrency...concurrency, redis: place.url, on: group,
            options: options, logger: logger)
    }
}
