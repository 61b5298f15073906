package import BgdemoFoundations
import BgdemoHTTPServer
public import QueueBus
public import Resque

/// The bus on queues for people and programs: `/bus`, and `/bus.json` with the same.
///
/// The applications and what each is subscribed to; the events that wait for a driver, and who will get each;
/// `/bus?event=JSON` says who would get that event. Nothing is changed here.
public struct BusPages: DataPageRoutes {
    public let name = "Bus"
    public let home = "/bus"
    private let queue: Queue
    private let subscriptions: Subscriptions

    /// Subscriptions in the table, and the events that wait.
    private static let most = 200
    private static let waiting = 20
    /// A regular expression of a stranger may take a tenth of a second for one event.
    private static let time = Duration.milliseconds(300)

    /// - Parameters:
    ///   - queue: Has the same namespace as the bus.
    public init(_ queue: Queue, _ subscriptions: Subscriptions) {
        (self.queue, self.subscriptions) = (queue, subscriptions)
    }

    package func page(_ path: [ByteString], _ request: PageRequest) async throws -> DataPage {
        guard path.isEmpty else { throw Problem(.notFound, "there is no such page", advice: "GET /bus") }
        let asked = request.query["event"]
        let all = try await subscriptions.list()
        let entries = all.flatMap { entry in entry.subscriptions.map { (entry.application, $0) } }
        let shown = Array(entries.prefix(Self.most))
        let lengths = try await queue.fronts(of: shown.map(\.1.queueName)).map(\.length)
        let incoming = try await queue.length(of: Publisher.incoming)
        let jobs = try await queue.peek(Publisher.incoming, 0..<Self.waiting)
        let deadline = ContinuousClock.now + Self.time
        return DataPage(
            title: "Bus", template: "bus",
            values: [
                "applications": .int(all.count), "subscriptions": .int(entries.count), "incoming": .int(incoming),
                "isHalted": .flag(incoming > 0), "asked": .text(asked.map { PageText.cut($0, 4_000) }),
                "answer": .one(asked.map { Self.answer($0, entries, deadline) }),
                "rows": .list(zip(shown, lengths).map { Self.row($0.0, $0.1, length: $1) }),
                "silent": .list(
                    all.filter(\.subscriptions.isEmpty).prefix(Self.most).map {
                        ["application": .text(PageText.cut($0.application, 120))]
                    }),
                "waiting": .list(jobs.map { Self.waiting($0, entries, deadline) }),
                "hidden": .more(entries.count - shown.count, "subscription", "subscriptions"),
            ])
    }

    private static func row(_ application: String, _ subscription: Subscription, length: Int) -> TemplateValues {
        [
            "key": .text(PageFields.encode(PageText.cut("\(application) \(subscription.key)", 200))),
            "application": .text(PageText.cut(application, 120)),
            "subscription": .text(PageText.cut(subscription.key, 120)),
            "queue": .text(PageText.cut(subscription.queueName, 120)),
            "link": .text(PageFields.encode(subscription.queueName)), "length": .int(length),
            "class": .text(PageText.cut(subscription.className, 120)),
            "matches": .text(PageText.cut("\(subscription.matcher)", 300)),
            "broken": .text(
                subscription.matcher.invalidFilters.first.map { PageText.cut("\($0.name): \($0)", 200) }),
        ]
    }

    // MARK: What matches

    private static func waiting(
        _ bytes: [UInt8], _ entries: [(String, Subscription)], _ deadline: ContinuousClock.Instant
    ) -> TemplateValues {
        guard let job = try? Job(bytes, from: Publisher.incoming), let event = try? BusEvent(workerJob: job) else {
            return ["type": "not an event", "event": .text(EventValues.text(bytes)), "isUnheard": false]
        }
        return [
            "type": .text(PageText.cut(event.type ?? "no type", 120)), "event": .text(EventValues.text(event.json)),
        ].merging(matching(event, entries, deadline)) { $1 }
    }

    private static func answer(
        _ text: String, _ entries: [(String, Subscription)], _ deadline: ContinuousClock.Instant
    ) -> TemplateValues {
        do {
            return matching(try BusEvent(json: text.utf8), entries, deadline)
        } catch {
            return ["problem": .text(PageText.cut("\(error)", 300))]
        }
    }

    private static func matching(
        _ event: BusEvent, _ entries: [(String, Subscription)], _ deadline: ContinuousClock.Instant
    ) -> TemplateValues {
        var matched: [TemplateValues] = []
        for (application, subscription) in entries {
            guard ContinuousClock.now < deadline else {
                return ["matched": .list(matched), "isUnknown": true, "isUnheard": false]
            }
            guard subscription.matcher.matches(event), matched.count < most else { continue }
            matched.append([
                "who": .text(PageText.cut("\(application) \(subscription.key)", 200)),
                "to": .text(PageText.cut(subscription.queueName, 120)),
            ])
        }
        return ["matched": .list(matched), "isUnknown": false, "isUnheard": .flag(matched.isEmpty)]
    }
}
