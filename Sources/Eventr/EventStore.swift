import Logging
import NIOCore
import RedisClient

/// Redis, and the log that is there.
struct EventStore: Sendable {
    let redis: any RedisCommands
    let options: EventLogOptions
    let keys: EventKeys

    init(redis: any RedisCommands, options: EventLogOptions) {
        (self.redis, self.options) = (redis, options)
        keys = EventKeys(options)
    }

    func send(_ words: any RedisArgument...) async throws -> RedisValue {
        try await redis.send(RedisCommand(words))
    }

    func run(_ script: RedisScript, keys: [String], _ arguments: any RedisArgument...) async throws -> RedisValue {
        try await redis.run(script, keys: keys, arguments: arguments)
    }

    /// The numbers of some partitions, the lowest first.
    func partitions(from first: Int, limit: Int) async throws -> [Int] {
        try await send("ZRANGEBYSCORE", keys.partitions, first, "+inf", "LIMIT", 0, limit).numbers
    }

    /// The numbers of all partitions from `first` on, the lowest first.
    func allPartitions(from first: Int = 0) async throws -> [Int] {
        var all: [Int] = []
        var next = first
        while true {
            let chunk = try await partitions(from: next, limit: 1000)
            all += chunk
            guard chunk.count == 1000, let last = chunk.last else { return all }
            next = last + 1
        }
    }

    /// How long these partitions are, and what the consumer has acknowledged of them.
    func states(of partitions: [Int], for consumer: String) async throws -> [PartitionState] {
        let replies = try await redis.pipeline(
            partitions.flatMap { number -> [RedisCommand] in
                [["LLEN", keys.partition(number)], ["HGET", keys.counters(number), consumer]]
            })
        return zip(partitions, stride(from: 0, to: replies.count - 1, by: 2)).map { number, place in
            PartitionState(
                number: number, length: replies[place].int ?? 0, counter: replies[place + 1].int ?? 0,
                fault: [replies[place], replies[place + 1]].compactMap(\.fault).first)
        }
    }

    /// The first partition that a consumer wants, and the note of who decided it; every one, where nothing is noted.
    func start(of consumer: String) async throws -> (partition: Int, note: String) {
        let note = try await send("HGET", keys.starts, consumer).text ?? ""
        return (note.split(separator: " ").first.flatMap { Int($0) } ?? 0, note)
    }

    /// The partition of now, by the clock of Redis.
    func currentPartition() async throws -> Int {
        let seconds = try await send("TIME").array?.first?.int ?? 0
        return seconds / options.partitionSeconds
    }
}

/// A partition, as one consumer sees it.
struct PartitionState: Sendable {
    let number: Int
    let length: Int
    let counter: Int
    /// Redis refuses to say: the keys are of another type, and another program's.
    let fault: RedisReplyError?

    /// A counter beyond the end is that of a partition that was deleted; this one has begun anew.
    var lag: Int { counter > length ? length : length - counter }
}

extension RedisValue {
    /// The elements of an array.
    subscript(place: Int) -> RedisValue? {
        guard let array, array.indices.contains(place) else { return nil }
        return array[place]
    }

    var fault: RedisReplyError? {
        if case .error(let fault) = self { fault } else { nil }
    }

    /// The numbers among the elements of an array. What spells none is no partition of ours.
    var numbers: [Int] { array?.compactMap(\.int) ?? [] }

    /// An array of keys and values, as HGETALL gives it.
    var pairs: [(key: String, value: RedisValue)] {
        guard let array else { return [] }
        return stride(from: 0, to: array.count - 1, by: 2).compactMap { place in
            array[place].text.map { ($0, array[place + 1]) }
        }
    }
}
