#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import NIOCore
public import RedisClient
import Synchronization

/// Writes events to the log.
///
/// ```swift
/// let producer = Producer(name: "webApp", redis: redis)
/// try await producer.write(json: #"{"eventName":"user_created","id":7}"#)
/// ```
///
/// An event is written when the call returns. The call throws the errors of the Redis module; one that says that the
/// command may have run leaves it open whether the event is in the log: written again, it may be there twice.
public final class Producer: Sendable {
    /// The talk's name for whoever writes. It is not written down.
    public let name: String
    private let store: EventStore
    private let algorithm: Algorithm
    private let batcher: WriteBatcher

    /// - Parameter options: Where the log is: the same for all who read and write it.
    public init(
        name: String, redis: any RedisCommands, options: EventLogOptions = EventLogOptions(),
        algorithm: Algorithm = .safe
    ) {
        self.name = name
        self.algorithm = algorithm
        let store = EventStore(redis: redis, options: options)
        self.store = store
        let current = Current(Self.ownPartition(options))
        batcher = WriteBatcher { events throws(RedisError) in try await store.append(events, current) }
    }

    /// Writes one event.
    ///
    /// - Parameter json: An object with an `eventName`, as all consumers expect it. It is written as it is.
    /// - Returns: Where it stands.
    @discardableResult
    public func write(json: some RedisArgument) async throws(RedisError) -> Event.Place {
        switch algorithm {
        case .safe:
            var event = ByteBuffer()
            json.write(into: &event)
            return try await batcher.add(event)
        case .talk: return try await appendAsTheTalk(json)
        }
    }

    /// Writes one event.
    @discardableResult
    public func write(_ event: some Encodable & Sendable) async throws -> Event.Place {
        try await write(json: Array(JSONEncoder().encode(event)))
    }

    /// Two calls, and the partition by our own clock.
    private func appendAsTheTalk(_ json: any RedisArgument) async throws(RedisError) -> Event.Place {
        let partition = Self.ownPartition(store.options)
        _ = try await store.redis.send("ZADD", store.keys.partitions, partition, "\(partition)")
        let length = try await store.redis.send(RedisCommand(["RPUSH", store.keys.partition(partition), json]))
        return Event.Place(partition: partition, index: (length.int ?? 1) - 1)
    }

    private static func ownPartition(_ options: EventLogOptions) -> Int {
        Int(Date.now.timeIntervalSince1970) / options.partitionSeconds
    }
}

/// The partition that was now's when last heard of.
private final class Current: Sendable {
    let partition: Atomic<Int>

    init(_ partition: Int) { self.partition = Atomic(partition) }
}

extension EventStore {
    /// Appends events to the partition that Redis holds for now's: no consumer has left that for good, whatever our own
    /// clock says.
    ///
    /// - Returns: The first one's place.
    fileprivate func append(_ events: [ByteBuffer], _ current: Current) async throws(RedisError) -> Event.Place {
        while true {
            let partition = current.partition.load(ordering: .relaxed)
            var slot = [keys.partition(partition), keys.waiting(partition)]
            if options.isCluster {
                _ = try await redis.send("ZADD", keys.partitions, partition, "\(partition)")
            } else {
                slot.append(keys.partitions)
            }
            let reply = try await redis.run(
                EventScripts.write, keys: slot,
                arguments: [partition, options.partitionSeconds, options.isCluster ? 1 : 0, keys.written] + events)
            guard let index = reply.int else { throw .protocolViolation("an index was expected") }
            if index >= 0 { return Event.Place(partition: partition, index: index) }
            current.partition.store(-index, ordering: .relaxed)
        }
    }
}
