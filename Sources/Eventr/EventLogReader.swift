import RedisClient

/// Reads the log without a name, and so without a trace: `tail`.
public struct EventLogReader: Sendable {
    private let log: EventLog
    private var first: Int
    /// By partition, the index of the next event.
    private var next: [Int: Int] = [:]
    private var unread: ArraySlice<Int> = []

    /// - Parameter last: With ``EventLog/Start/end``, so many of the newest events all the same.
    public init(_ log: EventLog, from start: EventLog.Start, last: Int = 0) async throws {
        self.log = log
        let current = try await log.store.currentPartition()
        first = log.partition(of: start, current: current)
        guard start == .end else { return }
        var wanted = last
        for partition in try await log.lengths(of: log.store.allPartitions()).reversed() {
            let shown = min(wanted, partition.length)
            next[partition.number] = partition.length - shown
            wanted -= shown
        }
        first = 0
    }

    /// The next events, in order; none where there are no more for now. An event that was written late, to a
    /// partition that was read to its end, comes when it is found.
    public mutating func read(atMost limit: Int = 1000) async throws -> [Event] {
        if unread.isEmpty { try await look() }
        while let partition = unread.first {
            let start = next[partition] ?? 0
            let reply = try await log.store.send(
                "LRANGE", log.store.keys.partition(partition), start, start + max(1, limit) - 1)
            let events = reply.array?.compactMap(\.bytes) ?? []
            guard events.isEmpty else {
                next[partition] = start + events.count
                return events.enumerated().map { Event($1, partition: partition, index: start + $0) }
            }
            unread.removeFirst()
            if unread.isEmpty { try await look() }
        }
        return []
    }

    private mutating func look() async throws {
        let partitions = try await log.lengths(of: log.store.allPartitions(from: first))
        unread = partitions.filter { $0.length > next[$0.number] ?? 0 }.map(\.number)[...]
    }
}
