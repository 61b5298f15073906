import BgdemoTestSupport
import Eventr
import EventrTesting
import Logging
import QueueBus
import QueueBusTesting
import RedisClient
import RedisTesting
import Resque
import ResqueTesting
import Testing

/// What the event log and the bus do, on a real Redis and on the one in memory.
@Suite(.timeLimit(.minutes(2)))
struct EventBehaviourTests {
    struct Refused: Error {}

    @Test("Events are handled once by each consumer, and retried", arguments: Store.allCases)
    func events(store: Store) async throws {
        try await store.run { store in
            let producer = Producer(name: "test", redis: store.redis)
            let first = try await producer.write(json: #"{"eventName":"a"}"#, id: "1")
            #expect(try await producer.write(json: #"{"eventName":"a"}"#, id: "1") == first)
            try await producer.write(json: #"{"eventName":"b"}"#)
            let seen = Watched<[String]>([])
            let handler = EventHandler("note") { event in
                seen.change { $0.append(event.name ?? "") }
                if event.isNamed("b") { throw Refused() }
            }
            _ = await store.handle("one", [handler])
            #expect(seen.value == ["a", "b"])
            _ = await store.handle("one", [handler])
            #expect(seen.value == ["a", "b"])
            let status = try #require(try await EventLog(redis: store.redis).consumers().first)
            #expect(status.lag == 0 && status.retries == 1 && status.inHand == 0)
            _ = await store.handle("two", [EventHandler("note") { event in seen.change { $0.append("two") } }])
            #expect(seen.value == ["a", "b", "two", "two"])
        }
    }

    @Test("An event on the bus is copied to each subscriber that wants it", arguments: Store.allCases)
    func bus(store: Store) async throws {
        try await store.run { store in
            let heard = Watched<[String]>([])
            var bus = Bus(redis: store.redis, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            for name in ["billing", "mail"] {
                bus.ride(
                    try Application(name), "all",
                    on: Matcher(["bus_event_type": .value("user_created"), "plan": .value(name)])
                ) {
                    event in heard.change { $0.append("\(name) \(event["plan"] ?? "")") }
                }
            }
            try await bus.subscribe()
            let publisher = Publisher(store.queue())
            try await publisher.publish("user_created", BusEvent(["plan": "mail"]))
            try await publisher.publish("other")
            #expect(await store.drain(bus.jobs(), [Publisher.incoming]) == ["success", "success"])
            #expect(try await store.queue().length(of: "mail_default") == 1)
            #expect(await store.drain(bus.jobs(), bus.queues) == ["success"])
            #expect(heard.value == ["mail mail"])
        }
    }

    @Test(
        "An event that other filters of its subscribers leave out is not unheard",
        arguments: [("user_created", 0), ("other", 1)])
    func unheard(type: String, expected: Int) async throws {
        let warnings = Watched<[String]>([])
        let redis = InMemoryRedis()
        var bus = Bus(redis: redis, logger: Logger(label: "test") { _ in WarningRecorder(warnings: warnings) })
        let free = Matcher(["bus_event_type": .value("user_created"), "plan": .value("free")])
        bus.ride(try Application("billing"), "free", on: free) { _ in }
        try await bus.subscribe()
        let resque = TestResque(jobs: bus.jobs(), redis: redis)
        try await Publisher(resque.queue).publish(type, BusEvent(["plan": "pro"]))
        await resque.drain([Publisher.incoming])
        #expect(warnings.value.count == expected)
    }
}

/// Keeps the warnings that are logged.
private struct WarningRecorder: LogHandler {
    let warnings: Watched<[String]>
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        warnings.change { $0.append("\(event.message)") }
    }
}
