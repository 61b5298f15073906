import Logging
import NIOPosix
import RedisClient
import BgdemoTestSupport

@testable import Eventr

/// A log for one test: a redis-server, and a connection to look at its keys.
struct EventrFixture: Sendable {
    let server: RedisServer
    let url: RedisURL
    let redis: RedisConnection
    let logger: Logger

    var store: EventStore { EventStore(redis: redis, options: EventLogOptions()) }
    var log: EventLog { EventLog(redis: redis) }
    var producer: Producer { Producer(name: "webApp", redis: redis) }

    /// A command's reply, as text.
    func text(_ words: any RedisArgument...) async throws -> String? {
        try await redis.send(RedisCommand(words)).text
    }

    func texts(_ words: any RedisArgument...) async throws -> [String] {
        try await redis.send(RedisCommand(words)).array?.compactMap(\.text) ?? []
    }

    /// Writes events to a partition as the talk's producer does it, by whatever clock that has.
    func write(_ events: String..., to partition: Int) async throws {
        _ = try await redis.send("ZADD", "eventr:partitions", partition, partition)
        for event in events { _ = try await redis.send("RPUSH", "eventr:partitions:\(partition)", event) }
    }

    /// Writes the numbers of a range as events, many at once.
    func write(_ numbers: Range<Int>, to partition: Int) async throws {
        _ = try await redis.send("ZADD", "eventr:partitions", partition, partition)
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 1000) {
            let events = (first..<min(first + 1000, numbers.upperBound)).map { numbered($0) as any RedisArgument }
            _ = try await redis.send(RedisCommand(["RPUSH", "eventr:partitions:\(partition)"] + events))
        }
    }

    /// Runs a consumer for as long as `body` runs.
    @discardableResult
    func withConsumer<Result: Sendable>(
        _ handlers: [EventHandler], _ options: ConsumerOptions = .quick, named name: String = "myApp",
        events: @escaping @Sendable (ConsumerEvent) -> Void = { _ in },
        _ body: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        let consumer = Consumer(
            name: name, handlers: handlers, redis: url, on: MultiThreadedEventLoopGroup.singleton, options: options,
            logger: logger, events: events)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }
}

/// The event of a number.
func numbered(_ number: Int) -> String { #"{"eventName":"number","number":\#(number)}"# }

extension ConsumerOptions {
    /// A consumer that does not give a test more than a moment.
    static var quick: ConsumerOptions {
        var options = ConsumerOptions()
        options.poll = .milliseconds(20)
        options.retryDelay = .milliseconds(10)
        options.grace = .seconds(5)
        return options
    }

    static func quick(_ change: (inout ConsumerOptions) -> Void) -> ConsumerOptions {
        var options = quick
        change(&options)
        return options
    }
}

/// Remembers the events that it handles.
struct EventRecorder: Sendable {
    let seen = Watched<[String]>([])

    func handler(_ name: String = "recorder") -> EventHandler {
        EventHandler(name) { [seen] event in seen.change { $0.append("\(event)") } }
    }
}

func withFixture(_ arguments: [String] = [], _ body: @Sendable @escaping (EventrFixture) async throws -> Void)
    async throws
{
    try await withRedisServer(arguments) { server in
        let url = try RedisURL(server.url)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let redis = RedisConnection(url, on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        try await body(EventrFixture(server: server, url: url, redis: redis, logger: logger))
        await redis.close()
    }
}
