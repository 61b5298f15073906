import BgdemoNetSupport
import NIOCore
import Synchronization

/// Reserves jobs over one connection: processors that ask while a call to Redis is under way share the next one, so that
/// a busy worker pays for a call once for many jobs, and an idle one never waits for others.
final class Reserver: Sendable {
    /// How many processors share a call at most: it keeps Redis from other work for less than a millisecond.
    static let batch = 64

    private struct State {
        var waiting: [(request: ReserveRequest, continuation: CheckedContinuation<ReserveResult, any Error>)] = []
        var isCalling = false
    }

    private let store: ResqueStore
    private let selection: QueueSelection
    private let lease: ProcessLease
    private let executor: LoopExecutor
    private let state = Mutex(State())

    /// - Parameter loop: That of the store's connection.
    init(_ store: ResqueStore, _ selection: QueueSelection, _ lease: ProcessLease, on loop: any EventLoop) {
        (self.store, self.selection, self.lease) = (store, selection, lease)
        executor = LoopExecutor(loop)
    }

    /// Acknowledges a job, if there is one, and reserves the next.
    func reserve(_ request: ReserveRequest) async throws -> ReserveResult {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append((request, continuation))
                defer { state.isCalling = true }
                return !state.isCalling
            }
            if isFirst { Task(executorPreference: executor) { await self.call() } }
        }
    }

    /// Calls Redis until nobody waits.
    private func call() async {
        while case let batch = next(), !batch.isEmpty {
            do {
                let term = lease.term
                let results = try await store.reserve(batch.map(\.request), from: selection, term: term)
                for (waiting, result) in zip(batch, results) { waiting.continuation.resume(returning: result) }
            } catch {
                for waiting in batch { waiting.continuation.resume(throwing: error) }
            }
        }
    }

    private func next() -> [(request: ReserveRequest, continuation: CheckedContinuation<ReserveResult, any Error>)] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(Self.batch))
            state.waiting.removeFirst(batch.count)
            if batch.isEmpty { state.isCalling = false }
            return batch
        }
    }
}
