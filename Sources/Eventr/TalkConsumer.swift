import RedisClient
import ServiceLifecycle

/// The consumer of the talk, step by step and flaw by flaw, to be shown and to be measured against:
///
/// - the cursor moves before the handlers run: a crash loses the event in hand;
/// - what a handler fails with is told, and that was that;
/// - a partition is left as soon as a later one exists: what is written to it after that is never read;
/// - after a trim ZRANK knows no place, and "place + 1" skips the oldest partition that survived;
/// - one event in three round trips, and a pause at the end of each partition;
/// - the script builds its keys itself, which a Redis Cluster refuses.
struct TalkConsumer: Sendable {
    private let name: String
    private let handlers: [EventHandler]
    private let store: EventStore
    private let pause: Duration
    private let emit: @Sendable (ConsumerEvent) -> Void

    init(
        _ name: String, _ handlers: [EventHandler], _ store: EventStore, pause: Duration,
        _ emit: @escaping @Sendable (ConsumerEvent) -> Void
    ) {
        (self.name, self.handlers, self.store, self.pause, self.emit) = (name, handlers, store, pause, emit)
    }

    func work() async {
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
            if let bytes = try await store.run(Self.getAndIncrement, keys: [], name, partition).bytes {
                let counter = try await store.send("HGET", store.keys.counters(partition), name).int ?? 1
                return Event(bytes, partition: partition, index: max(0, counter &- 1))
            }
            // There was none: try the next partition.
            if let next = try await self.partition(after: partition) {
                _ = try await store.send("HSET", store.keys.clientPartitions, name, "\(next)")
            }
        } catch {
            emit(.error(handler: nil, nil, error))
        }
        return nil
    }

    private func partition() async throws -> Int? {
        if let partition = try await store.send("HGET", store.keys.clientPartitions, name).int { return partition }
        guard let first = try await store.send("ZRANGE", store.keys.partitions, 0, 0).array?.first?.int else {
            return nil
        }
        _ = try await store.send("HSET", store.keys.clientPartitions, name, "\(first)")
        return first
    }

    private func partition(after partition: Int) async throws -> Int? {
        // In JavaScript null + 1 is 1, which is where the talk goes on after a trim.
        let place = (try await store.send("ZRANK", store.keys.partitions, "\(partition)").int ?? 0) &+ 1
        return try await store.send("ZRANGE", store.keys.partitions, place, place).array?.first?.int
    }

    /// What the talk's script does, its keys undeclared.
    static let getAndIncrement = RedisScript(
        """
        local list, counters = 'eventr:partitions:' .. ARGV[2], 'eventr:counters:' .. ARGV[2]
        local counter = tonumber(redis.call('HGET', counters, ARGV[1]) or 0)
        local event = redis.call('LRANGE', list, counter, counter)[1]
        if event then redis.call('HSET', counters, ARGV[1], counter + 1) end
        return event
        """)
}
