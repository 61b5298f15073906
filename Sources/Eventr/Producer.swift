import BgdemoFoundations
import BgdemoTraceContext
import NIOCore
public import RedisClient
import Synchronization
public import Tracing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes events to the log.
///
/// ```swift
/// let producer = Producer(name: "webApp", redis: redis)
/// try await producer.write(json: #"{"eventName":"user_created","id":7}"#)
/// ```
///
/// An event is in the log when the call returns. If the error says that the command may have run, the event may be in the
/// log; written again, it may be there twice.
public final class Producer: Sendable {
    /// The talk's name for a writer. It is not stored.
    public let name: String
    let store: EventStore
    private let batcher: WriteBatcher
    /// nil where no event is traced.
    let tracing: MessageTracer?

    /// - Parameters:
    ///   - name: A name for the writer.
    ///   - redis: The connection to write through.
    ///   - options: The same for all programs that read and write the log. Default: `eventr:…` on one server.
    ///   - tracer: Has a producer span for each event, and writes `traceparent` into the event. Default: that of
    ///     `InstrumentationSystem`, where one was bootstrapped before.
    public init(
        name: String, redis: any RedisCommands, options: EventLogOptions = EventLogOptions(),
        tracer: (any Tracer)? = nil
    ) {
        self.name = name
        tracing = MessageTracer(tracer)
        let store = EventStore(redis: redis, options: options)
        self.store = store
        let current = CurrentPartition(Self.localPartition(store))
        batcher = WriteBatcher { events throws(RedisError) in try await store.append(events, current) }
    }

    /// Writes one event.
    ///
    /// - Parameter json: An object with an `eventName`, as consumers expect it. It is written as it is.
    /// - Returns: Its position in the log.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func write(json: some RedisArgument) async throws(RedisError) -> Event.Place {
        var event = ByteBuffer()
        json.write(into: &event)
        guard let tracing else { return try await add(event) }
        return try await tracing.write(event) { (event) async throws(RedisError) in try await add(event) }
    }

    /// Writes one event.
    ///
    /// - Parameter event: A value that encodes to an object with an `eventName`.
    /// - Returns: Its position in the log.
    /// - Throws: ``EventrError`` with the code ``EventrError/Code/encodingFailed`` or ``EventrError/Code/redis``.
    @discardableResult
    public func write(_ event: some Encodable & Sendable) async throws(EventrError) -> Event.Place {
        let json: [UInt8]
        do {
            json = Array(try JSONEncoder().encode(event))
        } catch {
            throw EventrError(.encodingFailed, "the event cannot be encoded: \(error)", error)
        }
        do throws(RedisError) {
            return try await write(json: json)
        } catch {
            throw EventrError(error)
        }
    }

    private func add(_ event: ByteBuffer) async throws(RedisError) -> Event.Place {
        let place = try await batcher.add(event, size: event.readableBytes)
        return Event.Place(partition: place.list, index: place.index)
    }

    private static func localPartition(_ store: EventStore) -> Int {
        Int(Date.now.timeIntervalSince1970) / store.partitionSeconds
    }
}

/// The partition that Redis said last is the current one.
private final class CurrentPartition: Sendable {
    let number: Atomic<Int>

    init(_ number: Int) { self.number = Atomic(number) }
}

extension EventStore {
    /// How often Redis may answer that another partition is the current one.
    private static let writeAttempts = 10

    /// Appends events to the current partition by the clock of Redis: no consumer has left it for good, whatever the local
    /// clock says.
    ///
    /// - Returns: The first event's position.
    fileprivate func append(
        _ events: [any RedisArgument], _ current: CurrentPartition
    ) async throws(RedisError) -> WriteBatcher.Place {
        for _ in 0..<Self.writeAttempts {
            let partition = current.number.load(ordering: .relaxed)
            var slot = [keys.partition(partition), keys.waiting(partition)]
            if options.isCluster {
                _ = try await redis.send("ZADD", keys.partitions, partition, "\(partition)")
            } else {
                slot.append(keys.partitions)
            }
            let reply = try await redis.run(
                EventScripts.write, keys: slot,
                arguments: [partition, partitionSeconds, options.isCluster ? 1 : 0, keys.written] + events)
            guard let index = reply.int, index <= .max - events.count, index > .min else {
                throw .protocolViolation("an index was expected")
            }
            if index >= 0 { return WriteBatcher.Place(list: partition, index: index) }
            current.number.store(PartitionNumber.clamped(-index), ordering: .relaxed)
        }
        throw .protocolViolation("the clock of Redis does not stand still long enough to write an event")
    }
}
