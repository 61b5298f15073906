import BgdemoFoundations
import BgdemoTraceContext
import NIOCore
public import RedisClient

extension Producer {
    /// Writes one event, unless an event with this id was written before.
    ///
    /// A call that failed, or whose process died, can be repeated with the same id: the event is in the log once, and each call
    /// returns its position. Redis remembers an id for ``EventLogOptions/idWindow``. Takes three requests; other events of
    /// the same tick are not written with it.
    ///
    /// - Parameters:
    ///   - json: An object with an `eventName`. It is written as it is; of two events with one id the first counts.
    ///   - id: Chosen by the caller, unique among all producers of the log. It is not part of the event.
    /// - Returns: Its position in the log.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func write(json: some RedisArgument, id: String) async throws(RedisError) -> Event.Place {
        var event = ByteBuffer()
        json.write(into: &event)
        guard let tracing else { return try await store.append(event, id: id) }
        return try await tracing.write(event) { (event) async throws(RedisError) in
            try await store.append(event, id: id)
        }
    }
}

extension EventStore {
    /// How often the partition may end while an event is being written.
    private static let idAttempts = 10

    /// The steps: claim a partition for the id; write to it, unless the id is there already; note the position.
    ///
    /// A partition that has ended takes no event any more. So if the id is not in the claimed partition by then, no earlier
    /// call can still write it, and the next partition is claimed.
    fileprivate func append(_ event: ByteBuffer, id: String) async throws(RedisError) -> Event.Place {
        let window = max(1, options.idWindow.milliseconds)
        var candidate = try await currentPartition()
        var ended = ""
        for _ in 0..<Self.idAttempts {
            let claim = try await run(EventScripts.claimID, keys: [keys.id(id)], candidate, window, ended)
            guard let claimed = Claim(claim.text ?? "") else {
                throw .protocolViolation("the key of an event's id has another value")
            }
            if let index = claimed.index { return Event.Place(partition: claimed.partition, index: index) }
            let partition = claimed.partition
            var slot = [keys.partition(partition), keys.waiting(partition), keys.ids(partition)]
            if options.isCluster {
                _ = try await redis.send("ZADD", keys.partitions, partition, "\(partition)")
            } else {
                slot.append(keys.partitions)
            }
            let reply = try await run(
                EventScripts.writeOnce, keys: slot, partition, partitionSeconds, options.isCluster ? 1 : 0,
                keys.written,
                id, window, event)
            guard let index = reply.int, index > .min else { throw .protocolViolation("an index was expected") }
            if index >= 0 {
                _ = try await send("SET", keys.id(id), "\(partition):\(index)", "PX", window)
                return Event.Place(partition: partition, index: index)
            }
            (candidate, ended) = (PartitionNumber.clamped(-index), "\(partition)")
        }
        throw .protocolViolation("the clock of Redis does not stand still long enough to write an event")
    }
}

/// The value of an id's key: `<partition>` while the event is being written, then `<partition>:<index>`.
private struct Claim {
    let partition: Int
    let index: Int?

    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":")).map { Int(String(decoding: $0, as: UTF8.self)) }
        guard (1...2).contains(parts.count), let partition = PartitionNumber.checked(parts[0]) else { return nil }
        self.partition = partition
        if parts.count == 1 {
            index = nil
        } else {
            guard let place = parts[1], place >= 0 else { return nil }
            index = place
        }
    }
}
