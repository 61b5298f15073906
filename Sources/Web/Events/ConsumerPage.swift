import BgdemoHTTPServer
import Eventr

/// One consumer of the log: how far it has read, what its handlers have given up, and from where it may read again.
struct ConsumerPage {
    private let log: EventLog
    private let name: String
    private let place: Int
    private let notice: String?

    init(_ log: EventLog, _ name: String, _ place: Int, _ request: PageRequest) {
        (self.log, self.name, self.place) = (log, name, place)
        notice = EventsPages.notice(request.query)
    }

    func page() async throws -> DataPage {
        let overview = try await log.overview(newest: 200)
        guard let consumer = overview.consumers.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw Problem(.notFound, "there is no such consumer", advice: "GET /events")
        }
        let dead = try await log.dead(of: name, newest: place..<(place + DataPage.rows))
        return DataPage(
            title: PageText.cut(name, 80), template: "events-consumer",
            values: EventValues.consumer(consumer).merging([
                "notice": .text(notice), "rows": .list(dead.map(row)),
                "starts": .list(
                    overview.partitions.prefix(60).map {
                        EventValues.partition($0.number, length: $0.length, largest: $0.length)
                    }),
                "more": DataPage.more(
                    place, dead.count, consumer.dead, "/events/consumer/\(PageFields.encode(name))?"),
            ]) { $1 })
    }

    private func row(_ dead: EventLog.DeadEvent) -> TemplateValues {
        [
            "entry": .text(dead.digest), "handler": .text(PageText.cut(dead.handler ?? "not an entry", 120)),
            "error": .text(PageText.cut(dead.error ?? "", 300)), "event": .text(EventValues.text(dead.event)),
            "failures": dead.failures.map { .int($0) } ?? .none,
            "times": dead.failures.map { .count($0, "time") } ?? .none, "place": .text(dead.place.map { "\($0)" }),
            "partition": .text(dead.place.map { "\($0.partition)" }),
            "time": .one(dead.failedAt.flatMap(WorkerTime.date).map(PageText.time)),
        ]
    }
}
