import RedisClient

extension EventLog {
    /// What was trimmed, and what was not.
    public struct Trim: Sendable, Hashable {
        /// Partitions that were deleted.
        public var partitions = 0
        /// Events in them.
        public var events = 0
        /// Events that some consumer had not read; each is told of them by a ``ConsumerEvent/gap(partition:events:)``.
        public var unread = 0
        /// Partitions old enough that are kept all the same.
        public var kept = 0
        /// The names of the consumers that they are kept for.
        public var keptFor: Set<String> = []
    }

    /// Deletes the partitions that ended longer ago than `age`.
    ///
    /// One that a registered consumer has not read to its end, has retries in or stands on is kept.
    ///
    /// - Parameters:
    ///   - isForced: Deletes those as well. A consumer that had not read them is told how many events it missed.
    ///   - isDry: Deletes nothing, and says what would be.
    @discardableResult
    public func trim(olderThan age: Duration, force isForced: Bool = false, dry isDry: Bool = false) async throws
        -> Trim
    {
        let seconds = try await store.send("TIME").array?.first?.int ?? 0
        let limit = (seconds - Int(clamping: age.components.seconds)) / store.options.partitionSeconds
        let registered = try await registered()
        var retried: [String: Set<Int>] = [:]
        for consumer in registered {
            let retries = try await store.send("ZRANGE", store.keys.retries(consumer.name), 0, -1)
            let places = retries.array?.compactMap { $0.text.flatMap { EventRetry($0) }?.place.partition } ?? []
            retried[consumer.name] = Set(places)
        }
        var trim = Trim()
        for partition in try await lengths(of: store.allPartitions().filter { $0 < limit }) {
            let number = partition.number
            let keepers = registered.filter { consumer in
                consumer.position ?? 0 <= number || retried[consumer.name]?.contains(number) == true
                    || consumer.start <= number && partition.lag(of: consumer.name) > 0
            }
            guard isForced || keepers.isEmpty else {
                trim.kept += 1
                trim.keptFor.formUnion(keepers.map(\.name))
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
        return trim
    }

    /// Returns false where the partition was written to meanwhile, and stays.
    private func delete(
        _ partition: PartitionLengths, of registered: [RegisteredConsumer], missedBy missed: [RegisteredConsumer]
    ) async throws -> Bool {
        let (number, keys) = (partition.number, store.keys)
        for consumer in missed {
            // Before the deletion: a gap too many is told when this dies half way, and none too few.
            _ = try await store.send("HSET", keys.gaps(consumer.name), number, partition.lag(of: consumer.name))
        }
        let about = [keys.partition(number), keys.counters(number), keys.waiting(number)]
        let leases = Set(partition.counters.keys).union(registered.map(\.name)).map { keys.leases(number, $0) }
        guard try await store.run(EventScripts.delete, keys: about + leases, partition.length).int == 1 else {
            for consumer in missed { _ = try await store.send("HDEL", keys.gaps(consumer.name), number) }
            return false
        }
        // Last: a partition without events harms nobody, and is trimmed the next time.
        _ = try await store.send("ZREM", keys.partitions, number)
        return true
    }
}
