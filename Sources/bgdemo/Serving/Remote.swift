import NIOCore
import PubSub

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
            journey: workshop.journey, settings: settings, logger: workshop.logger)
    }
}
