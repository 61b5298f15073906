import BgdemoFoundations
import Metrics
import RedisClient
import Synchronization

/// Where the look through the partitions is.
private struct Scan {
    /// The note on where the consumer starts; another one means that a replay has moved it.
    var note: String?
    var next = 0
    var lag = 0
}

extension ConsumerSession {
    /// Partitions looked at in one go.
    private static let chunk = 1000
    /// The newest partitions, looked at each time.
    private static let newest = 16

    /// Hears that a partition was written to. What is published while the connection is away is found by looking.
    func listen(_ hints: RedisSubscription) async {
        for await hint in hints {
            switch hint {
            case .message(_, let payload):
                guard let partition = Int(String(decoding: payload, as: UTF8.self)) else { continue }
                pending.add(partition)
                wakeup.signal()
            case .subscribed: scanWakeup.signal()
            case .lost: break
            }
        }
    }

    /// Looks through the partitions, for as long as the shift is: all of them at first, then the newest each time and
    /// the others by turns. So what no hint told of is found: by producers that know of none, or whose clocks are slow,
    /// however old the partition they write to.
    func scan() async {
        var scan = Scan()
        while phase == .running, !Task.isCancelled {
            let last = scan
            if let next = await retryUntil(.draining, { _ in try await self.scan(last) }) {
                scan = next
                wakeup.signal()
            }
            await scanWakeup.wait(until: .now + options.poll)
        }
    }

    private func scan(_ last: Scan) async throws -> Scan {
        let start = try await store.start(of: name)
        var scan = last
        if scan.note != start.note {
            if scan.note != nil { pending.removeAll() }
            scan = Scan(note: start.note, next: start.partition)
            forgetPosition()
            let all = try await store.allPartitions(from: start.partition)
            for first in stride(from: 0, to: all.count, by: Self.chunk) {
                scan.lag += try await find(in: Array(all[first..<min(first + Self.chunk, all.count)]))
            }
            metrics.lag.record(scan.lag)
            scan.lag = 0
            try await register(at: all.first)
        } else {
            let newest = try await store.send(
                "ZREVRANGEBYSCORE", store.keys.partitions, "+inf", start.partition, "LIMIT", 0, Self.newest
            ).numbers
            let others = try await store.partitions(from: scan.next, limit: Self.chunk)
            _ = try await find(in: newest.filter { !others.contains($0) })
            scan.lag += try await find(in: others)
            if others.count == Self.chunk, let last = others.last {
                scan.next = last + 1
            } else {
                metrics.lag.record(scan.lag)
                (scan.next, scan.lag) = (start.partition, 0)
            }
        }
        try await emitGaps()
        return scan
    }

    /// Returns how many events of these partitions are unread.
    private func find(in partitions: [Int]) async throws -> Int {
        guard !partitions.isEmpty else { return 0 }
        var lag = 0
        for state in try await store.states(of: partitions, for: name) {
            if let fault = state.fault { emit(fault, of: state.number) }
            guard state.fault == nil, state.lag > 0 else { continue }
            lag += state.lag
            pending.add(state.number)
        }
        return lag
    }

    /// One partition that can't be read keeps nobody from the others; it is told of once.
    private func emit(_ fault: RedisReplyError, of partition: Int) {
        guard faulty.withLock({ $0.insert(partition).inserted }) else { return }
        emit(.error(handler: nil, nil, UnreadablePartition(partition: partition, fault: fault)))
    }

    /// Who is registered is not trimmed past.
    private func register(at first: Int?) async throws {
        let partition = if let first { first } else { try await store.currentPartition() }
        _ = try await store.send("HSETNX", store.keys.clientPartitions, name, "\(partition)")
    }

    /// Tells of what was trimmed though it was not read; of several processes one does.
    private func emitGaps() async throws {
        let gaps = try await store.send("HGETALL", store.keys.gaps(name))
        for (key, count) in gaps.pairs {
            guard let partition = Int(key), let events = count.int else { continue }
            guard try await store.send("HDEL", store.keys.gaps(name), key).int == 1 else { continue }
            emit(.gap(partition: partition, events: events))
        }
    }
}

private struct UnreadablePartition: Error, CustomStringConvertible {
    let partition: Int
    let fault: RedisReplyError

    var description: String { "partition \(partition) can't be read: \(fault)" }
}
