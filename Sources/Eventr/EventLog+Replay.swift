#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
import RedisClient

extension EventLog {
    /// A place to begin at. Events bear no time: what begins at a time begins with the partition which that is in.
    public enum Start: Sendable, Hashable {
        case beginning
        case partition(Int)
        case time(Date)
        /// With what is written from now on.
        case end
    }

    /// What a replay will do.
    public struct Replay: Sendable, Hashable {
        /// The partition it begins with.
        public let partition: Int
        /// The events that are there to be read from there on.
        public let events: Int
        /// The events before it that the consumer had not read, and will not.
        public let skipped: Int
    }

    /// Has a consumer read the log from a place on, in the same order and byte for byte: under a new name, which it
    /// registers, or under one that is at work, which goes on from there within a moment.
    ///
    /// What the consumer has in hand meanwhile it may handle twice. Its retries of events that come again are dropped.
    @discardableResult
    public func replay(_ consumer: String, from start: Start) async throws -> Replay {
        let current = try await store.currentPartition()
        let first = partition(of: start, current: current)
        let keys = store.keys
        let wanted = try await registered().first { $0.name == consumer }?.start ?? 0
        let before = wanted < first ? try await lengths(of: store.allPartitions(from: wanted)) : []
        let skipped = before.filter { $0.number < first }.reduce(0) { $0 + $1.lag(of: consumer) }
        var events = 0
        for partition in try await store.allPartitions(from: first) {
            let isPassedOver = start == .end && partition <= current
            let length = try await store.run(
                EventScripts.rewind,
                keys: [keys.partition(partition), keys.counters(partition), keys.leases(partition, consumer)],
                consumer, isPassedOver ? 1 : 0)
            events += isPassedOver ? 0 : length.int ?? 0
        }
        for text in try await store.send("ZRANGE", keys.retries(consumer), 0, -1).array?.compactMap(\.text) ?? [] {
            guard let retry = EventRetry(text), retry.place.partition >= first else { continue }
            _ = try await store.send("ZREM", keys.retries(consumer), text)
        }
        _ = try await store.send("HSET", keys.clientPartitions, consumer, "\(first)")
        // Last, and never the same twice: it is what a consumer at work notices.
        let note = "\(first) \(Int(Date.now.timeIntervalSince1970 * 1_000_000))"
        _ = try await store.send("HSET", keys.starts, consumer, note)
        return Replay(partition: first, events: events, skipped: skipped)
    }

    func partition(of start: Start, current: Int) -> Int {
        switch start {
        case .beginning: 0
        case .partition(let number): max(0, number)
        case .time(let date):
            Int(max(0, min(date.timeIntervalSince1970, 1e12))) / store.options.partitionSeconds
        case .end: current
        }
    }
}
