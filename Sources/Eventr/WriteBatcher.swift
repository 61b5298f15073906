import BgdemoNetSupport
import NIOCore
import NIOPosix
import RedisClient
import Synchronization

/// Collects the events that are written in one tick of an event loop and sends them in one request: the writers of a busy
/// server share its cost, and a single writer's event is sent as soon as the tick is over.
///
/// A request carries at most 256 events, and at most 1 MiB or a single larger event. Its result applies to all of them.
final class WriteBatcher: Sendable {
    typealias WriteResult = Result<Event.Place, RedisError>
    private typealias Writer = (event: ByteBuffer, continuation: CheckedContinuation<WriteResult, Never>)

    private struct Batch {
        var writers: [Writer] = []
        var bytes = 0
    }

    private static let maxEvents = 256
    private static let maxBytes = 1 << 20

    private let open = Mutex<[ObjectIdentifier: Batch]>([:])
    private let write: @Sendable ([ByteBuffer]) async throws(RedisError) -> Event.Place

    /// - Parameter write: Writes events one right after another, and returns the first one's position.
    init(_ write: @escaping @Sendable ([ByteBuffer]) async throws(RedisError) -> Event.Place) {
        self.write = write
    }

    /// Writes an event together with the others of this tick, or alone if the caller is not on an event loop.
    ///
    /// Cancelling the caller does not cancel the write: other events are written with it.
    func add(_ event: ByteBuffer) async throws(RedisError) -> Event.Place {
        guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return try await write([event]) }
        return try await withCheckedContinuation { enqueue((event, $0), loop) }.get()
    }

    private func enqueue(_ writer: Writer, _ loop: any EventLoop) {
        let key = ObjectIdentifier(loop)
        let size = writer.event.readableBytes
        let (full, isFirst) = open.withLock { open -> (Batch?, Bool) in
            var batch = open[key] ?? Batch()
            let isFull = batch.writers.count == Self.maxEvents || batch.bytes + size > Self.maxBytes
            let full = isFull && !batch.writers.isEmpty ? batch : nil
            if full != nil { batch = Batch() }
            batch.writers.append(writer)
            batch.bytes += size
            open[key] = batch
            return (full, full == nil && batch.writers.count == 1)
        }
        if let full { send(full, loop) }
        if isFirst {
            loop.execute { [self] in
                if let batch = open.withLock({ $0.removeValue(forKey: key) }) { send(batch, loop) }
            }
        }
    }

    private func send(_ batch: Batch, _ loop: any EventLoop) {
        Task(executorPreference: LoopExecutor(loop)) { [write] in
            do throws(RedisError) {
                let first = try await write(batch.writers.map(\.event))
                for (offset, writer) in batch.writers.enumerated() {
                    let place = Event.Place(partition: first.partition, index: first.index + offset)
                    writer.continuation.resume(returning: .success(place))
                }
            } catch {
                for writer in batch.writers { writer.continuation.resume(returning: .failure(error)) }
            }
        }
    }
}
