import BgdemoFoundations
public import RedisClient

/// What an operator's page shows, each in requests that do not grow with the log.
extension EventLog {
    /// The events of one stretch of time.
    public struct Partition: Sendable, Hashable {
        /// Minutes since 1970, as ``Event/Place/partition``.
        public let number: Int
        /// How many events it has.
        public let length: Int
    }

    /// The newest partitions, and how far each consumer has read them.
    public struct Overview: Sendable, Hashable {
        /// How many partitions there are in all.
        public let count: Int
        /// The newest of them, the newest first.
        public let partitions: [Partition]
        /// As ``EventLog/consumers()``, but only of these partitions.
        public let consumers: [ConsumerStatus]
    }

    /// - Parameter newest: How many partitions are looked at, at most 500. Default: 100.
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func overview(newest: Int = 100) async throws(RedisError) -> Overview {
        let count = try await store.send("ZCARD", store.keys.partitions).count
        let numbers = try await newestPartitions(min(max(1, newest), 500))
        let lengths = try await lengths(of: numbers.sorted())
        return Overview(
            count: count, partitions: lengths.reversed().map { Partition(number: $0.number, length: $0.length) },
            consumers: try await consumers(reading: lengths))
    }

    /// The newest events, the newest first.
    ///
    /// - Parameter limit: At most 1000. Default: 20.
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func newest(_ limit: Int = 20) async throws(RedisError) -> [Event] {
        let limit = min(max(1, limit), 1_000)
        var events: [Event] = []
        for number in try await newestPartitions(limit) where events.count < limit {
            let length = try await length(of: number)
            let first = max(0, length - (limit - events.count))
            events += try await self.events(of: number, first..<length).reversed()
        }
        return events
    }

    /// How many events a partition has.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func length(of partition: Int) async throws(RedisError) -> Int {
        try await store.send("LLEN", store.keys.partition(PartitionNumber.clamped(partition))).count
    }

    /// The events at these places of a partition.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func events(of partition: Int, _ places: Range<Int>) async throws(RedisError) -> [Event] {
        guard !places.isEmpty, places.lowerBound >= 0 else { return [] }
        let partition = PartitionNumber.clamped(partition)
        let events = try await store.elements(of: store.keys.partition(partition), places)
        return zip(places, events.compactMap(\.bytes)).map { Event($1, partition: partition, index: $0) }
    }

    private func newestPartitions(_ count: Int) async throws(RedisError) -> [Int] {
        let reply = try await store.send("ZRANGE", store.keys.partitions, -count, -1)
        return (reply.array ?? []).reversed().compactMap { PartitionNumber.checked($0.int) }
    }
}
