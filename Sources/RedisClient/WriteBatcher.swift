import BgdemoNetSupport
import NIOCore
import NIOPosix
import Synchronization

/// Collects what is written to the end of a list in one tick of an event loop and sends it in one request: the writers of a
/// busy server share its cost, and a single writer's entry is sent as soon as the tick is over.
///
/// A request carries at most 256 entries, and at most 1 MiB or a single larger entry. Its result applies to all of them.
package final class WriteBatcher: Sendable {
    /// Where an entry is.
    package struct Place: Sendable {
        /// The number of its list, where a writer has several; else 0.
        package let list: Int
        package let index: Int

        package init(list: Int = 0, index: Int) {
            (self.list, self.index) = (list, index)
        }
    }

    private typealias Outcome = Result<Place, RedisError>
    private typealias Writer = (entry: any RedisArgument, continuation: CheckedContinuation<Outcome, Never>)

    private struct Batch {
        var writers: [Writer] = []
        var bytes = 0

        mutating func add(_ writer: Writer, size: Int) {
            writers.append(writer)
            bytes += size
        }
    }

    private static let maxEntries = 256
    private static let maxBytes = 1 << 20

    private let open = Mutex<[ObjectIdentifier: Batch]>([:])
    private let write: @Sendable ([any RedisArgument]) async throws(RedisError) -> Place

    /// - Parameter write: Writes entries one right after another, and returns the first one's place; that of the last has to
    ///   be an `Int` too.
    package init(_ write: @escaping @Sendable ([any RedisArgument]) async throws(RedisError) -> Place) {
        self.write = write
    }

    /// Writes an entry together with the others of this tick, or alone if the caller is not on an event loop.
    ///
    /// Cancelling the caller does not cancel the write: other entries are written with it.
    ///
    /// - Parameter size: Of the entry, in bytes.
    package func add(_ entry: any RedisArgument, size: Int) async throws(RedisError) -> Place {
        guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return try await write([entry]) }
        return try await withCheckedContinuation { enqueue((entry, $0), size, loop) }.get()
    }

    private func enqueue(_ writer: Writer, _ size: Int, _ loop: any EventLoop) {
        let key = ObjectIdentifier(loop)
        let (full, isFirst) = open.withLock { open -> (Batch?, Bool) in
            let isFull = open[key].map { $0.writers.count == Self.maxEntries || $0.bytes + size > Self.maxBytes }
            let full = isFull == true ? open.removeValue(forKey: key) : nil
            open[key, default: Batch()].add(writer, size: size)
            return (full, isFull == nil)
        }
        if let full { send(full, loop) }
        if isFirst {
            loop.execute { [self] in
                if let batch = open.withLock({ $0.removeValue(forKey: key) }) { send(batch, loop) }
            }
        }
    }

    private func send(_ batch: Batch, _ loop: any EventLoop) {
        LoopExecutor(loop).run { [write] in
            do throws(RedisError) {
                let first = try await write(batch.writers.map(\.entry))
                for (offset, writer) in batch.writers.enumerated() {
                    let place = Place(list: first.list, index: first.index + offset)
                    writer.continuation.resume(returning: .success(place))
                }
            } catch {
                for writer in batch.writers { writer.continuation.resume(returning: .failure(error)) }
            }
        }
    }
}
