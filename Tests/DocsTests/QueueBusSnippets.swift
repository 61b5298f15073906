import Logging
import NIOPosix
import QueueBus
import RedisClient
import Resque
import BgdemoTestSupport
import Testing

struct User: Codable, Sendable {
    let id: Int
    let plan: String
}

/// The pieces of Swift about the bus: Sources/QueueBus.
@Suite(.timeLimit(.minutes(1)))
struct QueueBusSnippets {
    @Test("An event goes to its subscribers only")
    func bus() async throws {
        try await withRedisServer { server in
            let url = try RedisURL(server.url)
            let group = MultiThreadedEventLoopGroup.singleton
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let redis = RedisConnectionPool(url, on: group, logger: logger)
            let (charged, charging) = AsyncStream.makeStream(of: String.self)
            @Sendable func charge(_ id: String) async throws { charging.yield(id) }

            var bus = Bus(redis: redis, logger: logger)
            let billing = try Application("billing")
            let newPros = Matcher(["bus_event_type": .value("user_created"), "plan": .value("pro")])
            bus.ride(billing, "new_pros", on: newPros) { event in
                try await charge(event["id"] ?? "")
            }
            try await bus.subscribe()

            let worker = Worker(
                queues: [Publisher.incoming] + bus.queues, jobs: bus.jobs(plugins: [Retry()]), redis: url, on: group,
                logger: logger)

            let working = Task { try await worker.run() }

            let publisher = Publisher(Queue(redis: redis))
            try await publisher.publish("user_created", BusEvent(User(id: 7, plan: "pro")))

            try await publisher.publish("user_created", BusEvent(User(id: 8, plan: "free")))

            try await publisher.publish("trial_ended", BusEvent(User(id: 7, plan: "pro")), in: .seconds(3600))

            #expect(await charged.first { _ in true } == "7")
            working.cancel()
            _ = try? await working.value
            await redis.close()
        }
    }
}
