import BgdemoFoundations
import Metrics
import RedisClient
import Synchronization

/// The progress of a scan through the partitions.
private struct Scan {
    /// The note on where the consumer starts; a different one means that a replay has moved it.
    var note: ByteString?
    var next = 0
    var lag = 0
}

extension ConsumerSession {
    /// Partitions that are asked about in one request.
    private static let pageSize = 1000
    /// The newest partitions, which are part of each scan.
    private static let newestCount = 16

    /// Receives notifications that a partition was written to. What is published while the connection is away is found by
    /// a scan.
    func listen(_ hints: RedisSubscription) async {
        for await hint in hints {
            switch hint {
            case .message(_, let payload):
                let number = Int(String(decoding: payload.prefix(20), as: UTF8.self))
                guard let partition = PartitionNumber.checked(number) else { continue }
                pending.add(partition)
                wakeup.signal()
            case .subscribed: scanWakeup.signal()
            case .lost: break
            }
        }
    }

    /// Scans the partitions while the session runs: all of them at first, then the newest each time and a page of the
    /// others. This finds what no notification announced: events of producers that send none, or whose clocks are slow,
    /// however old the partition they write to.
    func scan() async {
        var scan = Scan()
        while phase == .running, !Task.isCancelled {
            let last = scan
            if let next = await retryUntil(.draining, { _ throws(RedisError) in try await self.scan(last) }) {
                scan = next
                wakeup.signal()
            }
            await scanWakeup.wait(until: .now + options.poll)
        }
    }

    /// Finds all events that are unread.
    func scanOnce() async {
        _ = await retryUntil(.draining) { _ throws(RedisError) in try await self.scan(Scan()).next }
    }

    private func scan(_ last: Scan) async throws(RedisError) -> Scan {
        let start = try await store.start(of: name)
        var scan = last
        if scan.note != start.note {
            pending.restart(at: start.partition)
            scan = Scan(note: start.note, next: start.partition)
            forgetPosition()
            let all = try await store.allPartitions(from: start.partition)
            for first in stride(from: 0, to: all.count, by: Self.pageSize) {
                scan.lag += try await find(in: Array(all[first..<min(first + Self.pageSize, all.count)]))
            }
            metrics.lag.record(scan.lag)
            scan.lag = 0
            try await register(at: all.first)
            if last.note != nil { emit(.replay(partition: start.partition)) }
        } else {
            let newest = try await store.send(
                "ZREVRANGEBYSCORE", store.keys.partitions, "+inf", start.partition, "LIMIT", 0, Self.newestCount
            ).partitionNumbers
            let others = try await store.partitions(from: scan.next)
            let known = Set(others.numbers)
            _ = try await find(in: newest.filter { !known.contains($0) })
            scan.lag += try await find(in: others.numbers)
            if let next = others.next {
                scan.next = next
            } else {
                metrics.lag.record(scan.lag)
                (scan.next, scan.lag) = (start.partition, 0)
            }
        }
        try await emitGaps()
        return scan
    }

    /// Returns how many events of these partitions are unread.
    private func find(in partitions: [Int]) async throws(RedisError) -> Int {
        guard !partitions.isEmpty else { return 0 }
        var lag = 0
        for state in try await store.states(of: partitions, for: name) {
            if let fault = state.fault { report(fault, of: state.number) }
            guard state.fault == nil, state.lag > 0 else { continue }
            lag += state.lag
            pending.add(state.number)
        }
        return lag
    }

    /// A partition that cannot be read does not keep the consumer from the others; it is reported once.
    private func report(_ fault: RedisReplyError, of partition: Int) {
        guard faulty.withLock({ $0.insert(partition).inserted }) else { return }
        let error = EventrError(.unreadablePartition, "partition \(partition) cannot be read: \(fault)", fault)
        emit(.error(handler: nil, nil, error))
    }

    /// A registered consumer is regarded by `trim`.
    private func register(at first: Int?) async throws(RedisError) {
        let partition = if let first { first } else { try await store.currentPartition() }
        _ = try await store.send("HSETNX", store.keys.clientPartitions, name, "\(partition)")
    }

    /// Reports what was trimmed before it was read; of several processes one does.
    private func emitGaps() async throws(RedisError) {
        let gaps = try await store.send("HGETALL", store.keys.gaps(name))
        for (key, count) in gaps.pairs {
            guard let partition = PartitionNumber.checked(Int(key.text)), let events = count.int else { continue }
            guard try await store.send("HDEL", store.keys.gaps(name), key.bytes).int == 1 else { continue }
            emit(.gap(partition: partition, events: events))
        }
    }
}
