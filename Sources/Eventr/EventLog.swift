import BgdemoFoundations
public import RedisClient

/// The log as an operator sees it: the consumers, how far each has read, and what may be done about it.
public struct EventLog: Sendable {
    let store: EventStore

    /// - Parameters:
    ///   - redis: The connection for all requests.
    ///   - options: The same for all programs that read and write the log. Default: `eventr:…` on one server.
    public init(redis: any RedisCommands, options: EventLogOptions = EventLogOptions()) {
        self.init(EventStore(redis: redis, options: options))
    }

    init(_ store: EventStore) {
        self.store = store
    }

    /// How far a consumer has read.
    public struct ConsumerStatus: Sendable, Hashable {
        /// The name that all processes of the consumer share.
        public let name: String
        /// The newest partition that it has taken events from; nil if it has taken none.
        public let partition: Int?
        /// Events that it has not acknowledged, in all partitions.
        public let lag: Int
        /// The age of the oldest such event. Precise to the length of a partition, and never too low; zero without lag.
        public let age: Duration
        /// Events that some process has in hand.
        public let inHand: Int
        /// Failures that wait for a retry.
        public let retries: Int
        /// Events in the dead list.
        public let dead: Int
    }

    /// All registered consumers, by name.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func consumers() async throws(RedisError) -> [ConsumerStatus] {
        try await consumers(reading: lengths(of: store.allPartitions()))
    }

    /// - Parameter partitions: The oldest first.
    func consumers(reading partitions: [PartitionLengths]) async throws(RedisError) -> [ConsumerStatus] {
        let registered = try await registered()
        let now = try await store.currentSecond()
        var all: [ConsumerStatus] = []
        for consumer in registered {
            let unread = partitions.filter { $0.number >= consumer.start && $0.lag(of: consumer.name) > 0 }
            let inHand = try await inHand(unread, consumer.name)
            // In minutes of now, so that no product of foreign numbers is needed.
            let oldest = unread.first.map { min($0.number, now / store.partitionSeconds) * store.partitionSeconds }
            all.append(
                ConsumerStatus(
                    name: consumer.name, partition: consumer.position,
                    lag: unread.reduce(0) { $0 + $1.lag(of: consumer.name) },
                    age: .seconds(oldest.map { now - $0 } ?? 0), inHand: inHand,
                    retries: try await store.send("ZCARD", store.keys.retries(consumer.name)).count,
                    dead: try await store.send("LLEN", store.keys.dead(consumer.name)).count))
        }
        return all
    }

    /// Removes a consumer with its counters, retries and dead list. A running consumer of this name registers again.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func forget(_ consumer: String) async throws(RedisError) {
        let keys = store.keys
        for partition in try await store.allPartitions() {
            _ = try await store.send("HDEL", keys.counters(partition), consumer)
            _ = try await store.send("DEL", keys.leases(partition, consumer))
        }
        for key in [keys.gaps(consumer), keys.retries(consumer), keys.dead(consumer)] {
            // The dead list may be long.
            _ = try await store.send("UNLINK", key)
        }
        _ = try await store.send("HDEL", keys.starts, consumer)
        _ = try await store.send("HDEL", keys.clientPartitions, consumer)
    }

    private func inHand(_ partitions: [PartitionLengths], _ consumer: String) async throws(RedisError) -> Int {
        var inHand = 0
        for first in stride(from: 0, to: partitions.count, by: Self.pageSize) {
            let page = partitions[first..<min(first + Self.pageSize, partitions.count)]
            let replies = try await store.redis.pipeline(
                page.map { ["HGETALL", store.keys.leases($0.number, consumer)] })
            for (partition, reply) in zip(page, replies) { inHand += Self.inHand(partition, try reply.get()) }
        }
        return inHand
    }

    private static func inHand(_ partition: PartitionLengths, _ leases: RedisValue) -> Int {
        leases.pairs.filter { $0.key != "head" }.reduce(0) { sum, lease in
            let words = (lease.value.bytes ?? []).split(separator: UInt8(ascii: " "))
            let numbers = words.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 4, 0 <= numbers[0], numbers[0] <= numbers[1] else { return sum }
            return sum + min(numbers[1] - numbers[0], partition.length)
        }
    }
}

// MARK: - What the operations need

/// A consumer that reads the log.
struct RegisteredConsumer: Sendable {
    let name: String
    /// The newest partition that it has taken events from; nil if it has taken none.
    let position: Int?
    /// The first partition that it wants.
    let start: Int
}

/// A partition, and how far each consumer has read it.
struct PartitionLengths: Sendable {
    let number: Int
    let length: Int
    let counters: [ByteString: Int]

    func lag(of consumer: String) -> Int {
        PartitionState(number: number, length: length, counter: counters[ByteString(consumer)] ?? 0).lag
    }
}

extension EventLog {
    /// Partitions that are asked about in one request.
    private static let pageSize = 500

    func registered() async throws(RedisError) -> [RegisteredConsumer] {
        let positions = Dictionary(try await store.send("HGETALL", store.keys.clientPartitions).pairs) { $1 }
        let starts = Dictionary(try await store.send("HGETALL", store.keys.starts).pairs) { $1 }
        return Set(positions.keys).union(starts.keys).sorted().map { name in
            RegisteredConsumer(
                name: name.text, position: PartitionNumber.checked(positions[name]?.int),
                start: starts[name]?.start ?? 0)
        }
    }

    func lengths(of partitions: [Int]) async throws(RedisError) -> [PartitionLengths] {
        var all: [PartitionLengths] = []
        for first in stride(from: 0, to: partitions.count, by: Self.pageSize) {
            let page = partitions[first..<min(first + Self.pageSize, partitions.count)]
            let replies = try await store.redis.pipeline(
                page.flatMap { number -> [RedisCommand] in
                    [["LLEN", store.keys.partition(number)], ["HGETALL", store.keys.counters(number)]]
                })
            for (number, place) in zip(page, stride(from: 0, to: replies.count - 1, by: 2)) {
                let counters = try replies[place + 1].get().pairs.map { ($0.key, $0.value.int ?? 0) }
                all.append(
                    PartitionLengths(
                        number: number, length: try replies[place].get().count,
                        counters: Dictionary(counters) { $1 }))
            }
        }
        return all
    }
}
