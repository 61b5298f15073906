import BgdemoFoundations
public import RedisClient

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension EventLog {
    /// A place to start reading at. Events have no time: a time means the start of the partition that contains it.
    public enum Start: Sendable, Hashable {
        /// The oldest event.
        case beginning
        /// The first event of this partition, or of the next one that exists.
        case partition(Int)
        /// The first event of the partition of this time.
        case time(Date)
        /// The first event that is written from now on.
        case end
    }

    /// What a replay does.
    public struct Replay: Sendable, Hashable {
        /// The first partition to be read.
        public let partition: Int
        /// The number of events that are there to be read.
        public let events: Int
        /// The number of earlier events that the consumer had not read, and will not read.
        public let skipped: Int
    }

    /// Has a consumer read the log from a place on, in the same order and byte for byte. A new name is registered; a
    /// consumer that is running continues from there within a moment.
    ///
    /// The consumer may handle twice what it has in hand at the moment. Retries of events that come again are dropped.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func replay(_ consumer: String, from start: Start) async throws(RedisError) -> Replay {
        let current = try await store.currentPartition()
        let first = partition(of: start, current: current)
        let keys = store.keys
        let wanted = try await registered().first { $0.name.hasSameBytes(as: consumer) }?.start ?? 0
        let before = wanted < first ? try await lengths(of: store.allPartitions(from: wanted)) : []
        let skipped = before.filter { $0.number < first }.reduce(0) { $0 + $1.lag(of: consumer) }
        var events = 0
        for partition in try await store.allPartitions(from: first) {
            let isPassedOver = start == .end && partition <= current
            let length = try await store.run(
                EventScripts.rewind,
                keys: [keys.partition(partition), keys.counters(partition), keys.leases(partition, consumer)],
                consumer, isPassedOver ? 1 : 0)
            events += isPassedOver ? 0 : length.count
        }
        for text in try await store.send("ZRANGE", keys.retries(consumer), 0, -1).array?.compactMap(\.text) ?? [] {
            guard let retry = EventRetry(text), retry.place.partition >= first else { continue }
            _ = try await store.send("ZREM", keys.retries(consumer), text)
        }
        _ = try await store.send("HSET", keys.clientPartitions, consumer, "\(first)")
        // Last, and never the same twice: a running consumer notices it.
        let note = "\(first) \(Int(Date.now.timeIntervalSince1970 * 1_000_000))"
        _ = try await store.send("HSET", keys.starts, consumer, note)
        return Replay(partition: first, events: events, skipped: skipped)
    }

    func partition(of start: Start, current: Int) -> Int {
        switch start {
        case .beginning: 0
        case .partition(let number): PartitionNumber.clamped(number)
        case .time(let date): Int(max(0, min(date.timeIntervalSince1970, 1e12))) / store.partitionSeconds
        case .end: current
        }
    }
}
