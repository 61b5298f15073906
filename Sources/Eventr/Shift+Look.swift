import Metrics
import Redis
import Synchronization

/// Where the look through the partitions is.
private struct Round {
    /// The note on where the consumer starts; another one means that a replay has moved it.
    var note: String?
    var next = 0
    var lag = 0
}

extension Shift {
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
                unread.add(partition)
                bell.ring()
            case .subscribed: lookout.ring()
            case .lost: break
            }
        }
    }

    /// Looks through the partitions, for as long as the shift is: all of them at first, then the newest each time and
    /// the others by turns. So what no hint told of is found: by producers that know of none, or whose clocks are slow,
    /// however old the partition they write to.
    func look() async {
        var round = Round()
        while phase == .working, !Task.isCancelled {
            let last = round
            if let next = await insist(until: .leaving, { _ in try await self.look(last) }) {
                round = next
                bell.ring()
            }
            await lookout.wait(until: .now + options.poll)
        }
    }

    private func look(_ last: Round) async throws -> Round {
        let start = try await store.start(of: name)
        var round = last
        if round.note != start.note {
            if round.note != nil { unread.removeAll() }
            round = Round(note: start.note, next: start.partition)
            forgetPosition()
            let all = try await store.allPartitions(from: start.partition)
            for first in stride(from: 0, to: all.count, by: Self.chunk) {
                round.lag += try await find(in: Array(all[first..<min(first + Self.chunk, all.count)]))
            }
            meters.lag.record(round.lag)
            round.lag = 0
            try await register(at: all.first)
        } else {
            let newest = try await store.send(
                "ZREVRANGEBYSCORE", store.keys.partitions, "+inf", start.partition, "LIMIT", 0, Self.newest
            ).numbers
            let others = try await store.partitions(from: round.next, limit: Self.chunk)
            _ = try await find(in: newest.filter { !others.contains($0) })
            round.lag += try await find(in: others)
            if others.count == Self.chunk, let last = others.last {
                round.next = last + 1
            } else {
                meters.lag.record(round.lag)
                (round.next, round.lag) = (start.partition, 0)
            }
        }
        try await tellGaps()
        return round
    }

    /// Returns how many events of these partitions are unread.
    private func find(in partitions: [Int]) async throws -> Int {
        guard !partitions.isEmpty else { return 0 }
        var lag = 0
        for state in try await store.states(of: partitions, for: name) {
            if let fault = state.fault { tell(fault, of: state.number) }
            guard state.fault == nil, state.lag > 0 else { continue }
            lag += state.lag
            unread.add(state.number)
        }
        return lag
    }

    /// One partition that can't be read keeps nobody from the others; it is told of once.
    private func tell(_ fault: RedisReplyError, of partition: Int) {
        guard faulty.withLock({ $0.insert(partition).inserted }) else { return }
        tell(.error(handler: nil, nil, UnreadablePartition(partition: partition, fault: fault)))
    }

    /// Who is registered is not trimmed past.
    private func register(at first: Int?) async throws {
        let partition = if let first { first } else { try await store.currentPartition() }
        _ = try await store.send("HSETNX", store.keys.clientPartitions, name, "\(partition)")
    }

    /// Tells of what was trimmed though it was not read; of several processes one does.
    private func tellGaps() async throws {
        let gaps = try await store.send("HGETALL", store.keys.gaps(name))
        for (key, count) in gaps.pairs {
            guard let partition = Int(key), let events = count.int else { continue }
            guard try await store.send("HDEL", store.keys.gaps(name), key).int == 1 else { continue }
            tell(.gap(partition: partition, events: events))
        }
    }
}

private struct UnreadablePartition: Error, CustomStringConvertible {
    let partition: Int
    let fault: RedisReplyError

    var description: String { "partition \(partition) can't be read: \(fault)" }
}
