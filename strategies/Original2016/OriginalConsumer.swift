package import Eventr
package import RedisClient
import ServiceLifecycle

/// The consumer of 2016, step by step and flaw by flaw, to be shown and to be measured against:
///
/// - the cursor moves before the handlers run: a crash loses the event in hand;
/// - the error of a handler is reported, and the event is not tried again;
/// - a partition is left as soon as a later one exists: an event that is written to it later is never read;
/// - after a trim ZRANK is null, and "place + 1" skips the oldest partition that remains;
/// - an event takes three round trips, and each partition ends with a pause;
/// - the script does not declare its keys, which a Redis Cluster refuses.
package struct OriginalConsumer: Sendable {
    private let name: String
    private let handlers: [EventHandler]
    private let redis: any RedisCommands
    private let pause: Duration
    private let emit: @Sendable (ConsumerEvent) -> Void

    /// - Parameters:
    ///   - pause: How long it sleeps at the end of a partition. Default: 5 s, as in the talk.
    ///   - emit: Called when something happens.
    package init(
        name: String, handlers: [EventHandler], redis: any RedisCommands, pause: Duration = .seconds(5),
        emit: @escaping @Sendable (ConsumerEvent) -> Void
    ) {
        (self.name, self.handlers, self.redis, self.pause, self.emit) = (name, handlers, redis, pause, emit)
    }

    /// Consumes until its task is cancelled or the service group shuts down. An event in hand is lost then.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try Task.checkCancellation()
                if let event = await next() {
                    emit(.event(event))
                    for handler in handlers { await perform(handler, event) }
                } else {
                    emit(.pause)
                    try await Task.sleep(for: pause)
                }
            }
        }
    }

    private func perform(_ handler: EventHandler, _ event: Event) async {
        do {
            emit(.success(handler: handler.name, event, result: try await handler.handle(event)))
        } catch {
            emit(.error(handler: handler.name, event, error))
        }
    }

    private func next() async -> Event? {
        do {
            // What partition are we working on?
            guard let partition = try await self.partition() else { return nil }
            // Get the next event of it, and slide the cursor.
            emit(.poll(partition: partition))
            if let bytes = try await redis.run(Self.getAndIncrement, keys: [], arguments: [name, partition]).bytes {
                let counter = try await redis.send("HGET", "eventr:counters:\(partition)", name).int ?? 1
                return Event(bytes, at: Event.Place(partition: partition, index: max(0, counter &- 1)))
            }
            // There was none: try the next partition.
            if let next = try await self.partition(after: partition) {
                _ = try await redis.send("HSET", "eventr:client_partitions", name, "\(next)")
            }
        } catch {
            emit(.error(handler: nil, nil, error))
        }
        return nil
    }

    private func partition() async throws -> Int? {
        if let partition = try await redis.send("HGET", "eventr:client_partitions", name).int { return partition }
        guard let first = try await redis.send("ZRANGE", "eventr:partitions", 0, 0).array?.first?.int else {
            return nil
        }
        _ = try await redis.send("HSET", "eventr:client_partitions", name, "\(first)")
        return first
    }

    private func partition(after partition: Int) async throws -> Int? {
        // In JavaScript null + 1 is 1, which is where the talk goes on after a trim.
        let place = (try await redis.send("ZRANK", "eventr:partitions", "\(partition)").int ?? 0) &+ 1
        return try await redis.send("ZRANGE", "eventr:partitions", place, place).array?.first?.int
    }

    /// The talk's script: reads the next event of a consumer and moves its cursor. The keys are built inside.
    ///
    /// ARGV[1] -> the consumer
    /// ARGV[2] -> the partition
    ///
    /// Returns the event.
    /// Returns nil at the end of the partition.
    package static let getAndIncrement = RedisScript(
        """
        local list, counters = 'eventr:partitions:' .. ARGV[2], 'eventr:counters:' .. ARGV[2]
        local counter = tonumber(redis.call('HGET', counters, ARGV[1]) or 0)
        local event = redis.call('LRANGE', list, counter, counter)[1]
        if event then redis.call('HSET', counters, ARGV[1], counter + 1) end
        return event
        """)
}
