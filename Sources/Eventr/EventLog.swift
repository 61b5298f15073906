public import RedisClient

/// The log as an operator sees it: who reads it and how far they are, and what may be done about it.
///
/// Every function throws the errors of the Redis module where Redis is away or refuses.
public struct EventLog: Sendable {
    let store: EventStore

    /// - Parameter options: Where the log is: the same for all who read and write it.
    public init(redis: any RedisCommands, options: EventLogOptions = EventLogOptions()) {
        self.init(EventStore(redis: redis, options: options))
    }

    init(_ store: EventStore) {
        self.store = store
    }

    /// How far a consumer is.
    public struct ConsumerStatus: Sendable, Hashable {
        /// Shared by all processes of the consumer.
        public let name: String
        /// The newest partition that it has taken events from.
        public let partition: Int?
        /// Events that it has not acknowledged: the sum of what the partitions have beyond its counters.
        public let lag: Int
        /// The age of the oldest such event, as exact as a partition is long, and never too low; zero without one.
        public let age: Duration
        /// Events that some process has in hand.
        public let inHand: Int
        /// Failures that wait for another try.
        public let retries: Int
        /// Failures for good.
        public let dead: Int
    }

    /// Everyone who is registered, by name.
    public func consumers() async throws -> [ConsumerStatus] {
        let registered = try await registered()
        let partitions = try await lengths(of: store.allPartitions())
        let now = try await store.send("TIME").array?.first?.int ?? 0
        var all: [ConsumerStatus] = []
        for consumer in registered {
            let unread = partitions.filter { $0.number >= consumer.start && $0.lag(of: consumer.name) > 0 }
            var inHand = 0
            for partition in unread { inHand += try await self.inHand(partition.number, consumer.name) }
            let age = unread.first.map { max(0, now - $0.number * store.options.partitionSeconds) } ?? 0
            all.append(
                ConsumerStatus(
                    name: consumer.name, partition: consumer.position,
                    lag: unread.reduce(0) { $0 + $1.lag(of: consumer.name) }, age: .seconds(age), inHand: inHand,
                    retries: try await store.send("ZCARD", store.keys.retries(consumer.name)).int ?? 0,
                    dead: try await store.send("LLEN", store.keys.dead(consumer.name)).int ?? 0))
        }
        return all
    }

    /// Removes a consumer with all that is remembered of it, its retries and its dead list too. One of its name that
    /// still works registers again.
    public func forget(_ consumer: String) async throws {
        let keys = store.keys
        for partition in try await store.allPartitions() {
            _ = try await store.send("HDEL", keys.counters(partition), consumer)
            _ = try await store.send("DEL", keys.leases(partition, consumer))
        }
        for key in [keys.gaps(consumer), keys.retries(consumer), keys.dead(consumer)] {
            _ = try await store.send("DEL", key)
        }
        _ = try await store.send("HDEL", keys.starts, consumer)
        _ = try await store.send("HDEL", keys.clientPartitions, consumer)
    }

    private func inHand(_ partition: Int, _ consumer: String) async throws -> Int {
        let leases = try await store.send("HGETALL", store.keys.leases(partition, consumer)).pairs
        return leases.filter { $0.key != "head" }.reduce(0) { sum, lease in
            let numbers = lease.value.text?.split(separator: " ").compactMap { Int($0) } ?? []
            return numbers.count == 4 ? sum + numbers[1] - numbers[0] : sum
        }
    }
}

// MARK: - What the operations stand on

/// Somebody who reads the log.
struct RegisteredConsumer: Sendable {
    let name: String
    /// The newest partition that it has taken events from; nil where it has none.
    let position: Int?
    /// The first partition that it wants.
    let start: Int
}

/// A partition, and how far everyone is in it.
struct PartitionLengths: Sendable {
    let number: Int
    let length: Int
    let counters: [String: Int]

    func lag(of consumer: String) -> Int {
        PartitionState(number: number, length: length, counter: counters[consumer] ?? 0, fault: nil).lag
    }
}

extension EventLog {
    func registered() async throws -> [RegisteredConsumer] {
        let positions = Dictionary(try await store.send("HGETALL", store.keys.clientPartitions).pairs) { $1 }
        let starts = Dictionary(try await store.send("HGETALL", store.keys.starts).pairs) { $1 }
        return Set(positions.keys).union(starts.keys).sorted().map { name in
            let start = starts[name]?.text?.split(separator: " ").first.flatMap { Int($0) }
            return RegisteredConsumer(name: name, position: positions[name]?.int, start: start ?? 0)
        }
    }

    func lengths(of partitions: [Int]) async throws -> [PartitionLengths] {
        var all: [PartitionLengths] = []
        for first in stride(from: 0, to: partitions.count, by: 500) {
            let chunk = partitions[first..<min(first + 500, partitions.count)]
            let replies = try await store.redis.pipeline(
                chunk.flatMap { number -> [RedisCommand] in
                    [["LLEN", store.keys.partition(number)], ["HGETALL", store.keys.counters(number)]]
                })
            for (number, place) in zip(chunk, stride(from: 0, to: replies.count - 1, by: 2)) {
                let counters = try replies[place + 1].get().pairs.map { ($0.key, $0.value.int ?? 0) }
                all.append(
                    PartitionLengths(
                        number: number, length: try replies[place].get().int ?? 0,
                        counters: Dictionary(counters) { $1 }))
            }
        }
        return all
    }
}
