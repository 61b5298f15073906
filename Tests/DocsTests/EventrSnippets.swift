import Eventr
import Foundation
import Logging
import NIOPosix
import RedisClient
import BgdemoTestSupport
import Testing

struct UserCreated: Codable, Sendable {
    var eventName = "user_created"
    let id: Int
}

/// The pieces of Swift about the log of events: Sources/Eventr.
@Suite(.timeLimit(.minutes(1)))
struct EventrSnippets {
    private let group = MultiThreadedEventLoopGroup.singleton
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("What is written is handled, and handled again after a replay")
    func log() async throws {
        try await withRedisServer { server in
            let url = try RedisURL(server.url)
            let redis = RedisConnectionPool(url, on: group, logger: logger)
            let (greeted, greeting) = AsyncStream.makeStream(of: Int.self)
            @Sendable func greet(_ user: UserCreated) async throws { greeting.yield(user.id) }

            let producer = Producer(name: "webApp", redis: redis)
            try await producer.write(json: #"{"eventName":"user_created","id":7}"#)

            let place = try await producer.write(UserCreated(id: 8))
            print("It stands at \(place.index) of the minute \(place.partition)")

            let welcome = EventHandler("welcome") { event in
                guard event.name == "user_created" else { return }
                try await greet(event.decode(UserCreated.self))
            }
            let audit = EventHandler("audit") { event in
                print(event)
            }

            let working = Task { try await consume(url, [welcome, audit]) }
            var ids = greeted.makeAsyncIterator()
            #expect(await [ids.next(), ids.next()] == [7, 8])

            let log = EventLog(redis: redis)
            for consumer in try await log.consumers() {
                print("\(consumer.name) has \(consumer.lag) events to read, the oldest \(consumer.age) old")
            }

            let aWeekAgo = Date.now.addingTimeInterval(-7 * 86_400)
            try await log.replay("mailer", from: .time(aWeekAgo))

            #expect(await [ids.next(), ids.next()] == [7, 8])

            try await log.trim(olderThan: .seconds(30 * 86_400))

            working.cancel()
            _ = try? await working.value
            await redis.close()
        }
    }

    private func consume(_ url: RedisURL, _ handlers: [EventHandler]) async throws {
        let (welcome, audit) = (handlers[0], handlers[1])
        let consumer = Consumer(name: "mailer", handlers: [welcome, audit], redis: url, on: group, logger: logger)
        try await consumer.run()
    }
}
