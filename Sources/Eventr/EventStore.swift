import BgdemoFoundations
import NIOCore
import RedisClient

/// A log in Redis.
struct EventStore: Sendable {
    /// Partitions, and elements of a list, that are asked for in one request.
    private static let pageSize = 1000
    /// Later than any clock: a time that Redis reports is between 0 and this, in seconds.
    private static let lastSecond = 1 << 40

    let redis: any RedisCommands
    let options: EventLogOptions
    let keys: EventKeys

    init(redis: any RedisCommands, options: EventLogOptions) {
        (self.redis, self.options) = (redis, options)
        keys = EventKeys(options)
    }

    /// At least 1.
    var partitionSeconds: Int { max(1, options.partitionSeconds) }

    func send(_ words: any RedisArgument...) async throws(RedisError) -> RedisValue {
        try await redis.send(RedisCommand(words))
    }

    func run(
        _ script: RedisScript, keys: [String], _ arguments: any RedisArgument...
    ) async throws(RedisError) -> RedisValue {
        try await redis.run(script, keys: keys, arguments: arguments)
    }

    /// The numbers of some partitions, the lowest first. Members of the set that are not their own score are no partitions.
    ///
    /// - Returns: The partitions, and where the next page begins; nil after the last page.
    func partitions(from first: Int) async throws(RedisError) -> (numbers: [Int], next: Int?) {
        let reply = try await send(
            "ZRANGEBYSCORE", keys.partitions, first, "+inf", "WITHSCORES", "LIMIT", 0, Self.pageSize)
        let members = reply.pairs.map {
            (number: PartitionNumber.checked(Int($0.key.text)), score: $0.value.double ?? .infinity)
        }
        let numbers = members.compactMap { $0.number.map(Double.init) == $0.score ? $0.number : nil }
        guard members.count >= Self.pageSize, let last = members.last?.score, last < Double(PartitionNumber.last) else {
            return (numbers, nil)
        }
        return (numbers, max(Int(last), first) + 1)
    }

    /// The numbers of all partitions from `first` on, the lowest first.
    func allPartitions(from first: Int = 0) async throws(RedisError) -> [Int] {
        var all: [Int] = []
        var start: Int? = first
        while let first = start {
            let page = try await partitions(from: first)
            all += page.numbers
            start = page.next
        }
        return all
    }

    /// How long these partitions are, and what the consumer has acknowledged of them.
    func states(of partitions: [Int], for consumer: String) async throws(RedisError) -> [PartitionState] {
        let replies = try await redis.pipeline(
            partitions.flatMap { number -> [RedisCommand] in
                [["LLEN", keys.partition(number)], ["HGET", keys.counters(number), consumer]]
            })
        return zip(partitions, stride(from: 0, to: replies.count - 1, by: 2)).map { number, place in
            PartitionState(
                number: number, length: replies[place].count, counter: replies[place + 1].int ?? 0,
                fault: [replies[place], replies[place + 1]].compactMap(\.fault).first)
        }
    }

    /// The first partition that a consumer wants, and the note of who decided it; all partitions if nothing is noted.
    func start(of consumer: String) async throws(RedisError) -> (partition: Int, note: ByteString) {
        let note = try await send("HGET", keys.starts, consumer)
        return (note.start, ByteString(note.bytes ?? []))
    }

    /// The first elements of a part of a list, as many as a reply should have; none after the end of the list.
    func someElements(of list: String, _ places: Range<Int>) async throws(RedisError) -> [RedisValue] {
        let places = places.prefix(Self.pageSize)
        return try await run(EventScripts.elements, keys: [list], places.lowerBound, places.upperBound).array ?? []
    }

    /// A part of a list, in as many requests as it takes.
    func elements(of list: String, _ places: Range<Int>) async throws(RedisError) -> [RedisValue] {
        var all: [RedisValue] = []
        while all.count < places.count {
            let page = try await someElements(of: list, places.lowerBound + all.count..<places.upperBound)
            guard !page.isEmpty else { break }
            all += page
        }
        return all
    }

    /// Seconds since 1970, by the clock of Redis.
    func currentSecond() async throws(RedisError) -> Int {
        max(0, min(try await send("TIME").array?.first?.int ?? 0, Self.lastSecond))
    }

    /// The partition of now, by the clock of Redis.
    func currentPartition() async throws(RedisError) -> Int { try await currentSecond() / partitionSeconds }
}

/// A partition, as one consumer sees it.
struct PartitionState: Sendable {
    let number: Int
    let length: Int
    let counter: Int
    /// What Redis refused to read, because the keys have another type; nil if it refused nothing.
    let fault: RedisReplyError?

    init(number: Int, length: Int, counter: Int, fault: RedisReplyError? = nil) {
        self.number = number
        self.length = max(0, length)
        self.counter = max(0, counter)
        self.fault = fault
    }

    /// A counter beyond the end belongs to a partition that was deleted and written anew.
    var lag: Int { counter > length ? length : length - counter }
}
