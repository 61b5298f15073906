public import RedisClient

/// Reads the log without a name and without a trace, as `bgdemo events tail` does.
public struct EventLogReader: Sendable {
    /// The most events of one read.
    private static let readLimit = 100_000

    private let log: EventLog
    private var first: Int
    /// By partition, the index of the next event.
    private var next: [Int: Int] = [:]
    private var unread: ArraySlice<Int> = []

    /// - Parameters:
    ///   - start: Where to start reading.
    ///   - last: With ``EventLog/Start/end``, how many of the newest events to read all the same. Default: 0.
    /// - Throws: `RedisError` if Redis is away or refuses.
    public init(_ log: EventLog, from start: EventLog.Start, last: Int = 0) async throws(RedisError) {
        self.log = log
        let current = try await log.store.currentPartition()
        first = log.partition(of: start, current: current)
        guard start == .end else { return }
        var wanted = max(0, last)
        for partition in try await log.lengths(of: log.store.allPartitions()).reversed() {
            let shown = min(wanted, partition.length)
            next[partition.number] = partition.length - shown
            wanted -= shown
        }
        first = 0
    }

    /// The next events, in order; empty if there are no more for now. An event that was written late, to a partition that
    /// was read to its end, comes when it is found.
    ///
    /// - Parameter limit: The most events to return; fewer where they are large. Default: 1000.
    /// - Throws: `RedisError` if Redis is away or refuses.
    public mutating func read(atMost limit: Int = 1000) async throws(RedisError) -> [Event] {
        let limit = max(1, min(limit, Self.readLimit))
        if unread.isEmpty { try await scan() }
        while let partition = unread.first {
            let start = next[partition] ?? 0
            let events = try await log.store.someElements(
                of: log.store.keys.partition(partition), start..<start + limit
            ).compactMap(\.bytes)
            guard events.isEmpty else {
                next[partition] = start + events.count
                return events.enumerated().map { Event($1, partition: partition, index: start + $0) }
            }
            unread.removeFirst()
            if unread.isEmpty { try await scan() }
        }
        return []
    }

    private mutating func scan() async throws(RedisError) {
        let partitions = try await log.lengths(of: log.store.allPartitions(from: first))
        unread = partitions.filter { $0.length > next[$0.number] ?? 0 }.map(\.number)[...]
    }
}
