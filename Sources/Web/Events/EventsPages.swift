package import BgdemoFoundations
import BgdemoHTTPServer
public import Eventr
public import Logging

/// The event log for people and programs. Below `/events`, each with `.json` too:
///
/// - `/events`: the newest partitions and events, and how far each consumer has read.
/// - `/events/partition/NUMBER?from=0`: its events.
/// - `/events/consumer/NAME?from=0`: what its handlers have given up, the newest first.
/// - POST `/events/dead/retry` and `/events/dead/remove` with `consumer=NAME` and `entry=DIGEST`, as often as needed.
/// - POST `/events/replay` with `consumer=NAME` and `start=beginning`, `end` or a partition's number.
///
/// What a page asks of Redis does not grow with the log: it looks at the newest 200 partitions.
public struct EventsPages: DataPageRoutes {
    public let name = "Events"
    public let home = "/events"
    private let log: EventLog
    private let logger: Logger

    /// The newest partitions that are counted, and those in the table.
    private static let partitions = 200
    private static let shown = 30
    private static let events = 20

    public init(_ log: EventLog, logger: Logger) {
        self.log = log
        self.logger = logger
    }

    package func act(_ path: [ByteString], _ request: PageRequest) async throws -> PageResponse {
        try await EventsChange(log, request, logger).response(path)
    }

    package func page(_ path: [ByteString], _ request: PageRequest) async throws -> DataPage {
        let place = try DataPage.place(request)
        switch path {
        case []: return try await overview(request)
        case _ where path.count == 2 && path[0] == "consumer":
            return try await ConsumerPage(log, path[1].text, place, request).page()
        case _ where path.count == 2 && path[0] == "partition":
            guard let number = Int(path[1].text), number >= 0 else { fallthrough }
            return try await partition(number, place)
        default: throw Problem(.notFound, "there is no such page", advice: "GET /events")
        }
    }

    private func overview(_ request: PageRequest) async throws -> DataPage {
        let overview = try await log.overview(newest: Self.partitions)
        let newest = try await log.newest(Self.events)
        let largest = overview.partitions.map(\.length).max() ?? 0
        return DataPage(
            title: "Events", template: "events",
            values: [
                "partitions": .int(overview.count), "stretch": .count(overview.count, "partition"),
                "looked": .int(overview.partitions.count),
                "isPart": .flag(overview.partitions.count < overview.count),
                "events": .int(overview.partitions.reduce(0) { $0 &+ $1.length }),
                "lag": .int(overview.consumers.map(\.lag).max() ?? 0),
                "dead": .int(overview.consumers.reduce(0) { $0 &+ $1.dead }),
                "line": .html(
                    Sparkline(overview.partitions.reversed().map { Double($0.length) }).html("Events a partition")),
                "notice": .text(Self.notice(request.query)),
                "consumers": .list(overview.consumers.prefix(100).map(EventValues.consumer)),
                "hasConsumers": .flag(!overview.consumers.isEmpty),
                "stretches": .list(
                    overview.partitions.prefix(Self.shown).map {
                        EventValues.partition($0.number, length: $0.length, largest: largest)
                    }),
                "hasPartitions": .flag(!overview.partitions.isEmpty),
                "rows": .list(newest.map(EventValues.event)),
            ])
    }

    /// What a form that led here has done.
    static func notice(_ query: PageFields) -> String? {
        for word in ["retried", "removed"] {
            guard let done = query.int(word), done > 0 else { continue }
            let said = "\(PageText.count(done, "event was", "events were")) \(word)"
            guard let gone = query.int("gone"), gone > 0 else { return said + "." }
            return said + "; somebody was faster with \(PageText.number(gone))."
        }
        return query.int("replayed").map { "\(PageText.count($0, "event is", "events are")) to be read again." }
    }

    private func partition(_ number: Int, _ place: Int) async throws -> DataPage {
        let length = try await log.length(of: number)
        let events = try await log.events(of: number, place..<(place + DataPage.rows))
        return DataPage(
            title: "Partition \(number)", template: "events-partition",
            values: EventValues.partition(number, length: length, largest: length).merging([
                "rows": .list(events.map(EventValues.event)),
                "more": DataPage.more(place, events.count, length, "/events/partition/\(number)?"),
            ]) { $1 })
    }
}
