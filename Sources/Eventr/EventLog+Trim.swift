import BgdemoFoundations
public import RedisClient

extension EventLog {
    /// What was trimmed, and what was kept.
    public struct Trim: Sendable, Hashable {
        /// Partitions that were deleted.
        public var partitions = 0
        /// Events in them.
        public var events = 0
        /// Events that some consumer had not read; each consumer is told by ``ConsumerEvent/gap(partition:events:)``.
        public var unread = 0
        /// Partitions that are old enough and were kept.
        public var kept = 0
        /// The names of the consumers that they were kept for, sorted.
        public var keptFor: [String] = []
    }

    /// Deletes the partitions that ended longer ago than `age`.
    ///
    /// A partition is kept if a registered consumer has not read it to its end, has retries in it, or has taken its newest
    /// events from it.
    ///
    /// - Parameters:
    ///   - isForced: Deletes those as well. A consumer that had not read them is told how many events it missed.
    ///   - isDry: Deletes nothing; the result says what would be deleted.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func trim(
        olderThan age: Duration, force isForced: Bool = false, dry isDry: Bool = false
    ) async throws(RedisError) -> Trim {
        let age = max(0, min(Int(clamping: age.components.seconds), 1 << 40))
        let limit = (try await store.currentSecond() - age) / store.partitionSeconds
        let registered = try await registered()
        var retried: [Set<Int>] = []
        for consumer in registered {
            let retries = try await store.send("ZRANGE", store.keys.retries(consumer.name), 0, -1)
            retried.append(Set(retries.array?.compactMap { $0.text.flatMap { EventRetry($0) }?.place.partition } ?? []))
        }
        var trim = Trim()
        var keepers: Set<Int> = []
        for partition in try await lengths(of: store.allPartitions().filter { $0 < limit }) {
            let number = partition.number
            let keeping = registered.indices.filter { place in
                let consumer = registered[place]
                return consumer.position ?? 0 <= number || retried[place].contains(number)
                    || consumer.start <= number && partition.lag(of: consumer.name) > 0
            }
            guard isForced || keeping.isEmpty else {
                trim.kept += 1
                keepers.formUnion(keeping)
                continue
            }
            let missed = registered.filter { $0.start <= number && partition.lag(of: $0.name) > 0 }
            if !isDry {
                guard try await delete(partition, of: registered, missedBy: missed) else { continue }
            }
            trim.partitions += 1
            trim.events += partition.length
            trim.unread += missed.map { partition.lag(of: $0.name) }.max() ?? 0
        }
        trim.keptFor = keepers.sorted().map { registered[$0].name }
        return trim
    }

    /// Returns false if the partition was written to meanwhile; then it stays.
    private func delete(
        _ partition: PartitionLengths, of registered: [RegisteredConsumer], missedBy missed: [RegisteredConsumer]
    ) async throws(RedisError) -> Bool {
        let (number, keys) = (partition.number, store.keys)
        for consumer in missed {
            // Before the deletion: if this process dies in between, one gap too many is reported, and none too few.
            _ = try await store.send("HSET", keys.gaps(consumer.name), number, partition.lag(of: consumer.name))
        }
        let about = [keys.partition(number), keys.counters(number), keys.waiting(number), keys.ids(number)]
        let leases = partition.counters.keys.map { keys.leases(number, $0.text) }
        let others = registered.map(\.name).filter { partition.counters[ByteString($0)] == nil }
            .map { keys.leases(number, $0) }
        let reply = try await store.run(EventScripts.delete, keys: about + leases + others, partition.length)
        guard reply.int == 1 else {
            for consumer in missed { _ = try await store.send("HDEL", keys.gaps(consumer.name), number) }
            return false
        }
        // Last: a partition without events does no harm, and is trimmed the next time.
        _ = try await store.send("ZREM", keys.partitions, number)
        return true
    }
}
