import BgdemoNetSupport
import NIOCore
import Synchronization

/// Reserves jobs over one connection: processors that ask while a call to Redis is under way share the next one, so that
/// a busy worker pays for a call once for many jobs, and an idle one never waits for others.
final class Reserver: Sendable {
    /// How many processors share a call at most: it keeps Redis from other work for less than a millisecond.
    static let batch = 64

    /// Requests, and what waits for the result of each.
    private struct Requests {
        var all: [ReserveRequest] = []
        var continuations: [CheckedContinuation<ReserveResult, any Error>] = []
    }

    private struct State {
        var waiting = Requests()
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
                state.waiting.all.append(request)
                state.waiting.continuations.append(continuation)
                defer { state.isCalling = true }
                return !state.isCalling
            }
            if isFirst { Task(executorPreference: executor) { await self.call() } }
        }
    }

    /// Calls Redis until nobody waits.
    private func call() async {
        while let batch = next() {
            do {
                let term = lease.term
                let results = try await store.reserve(batch.all, from: selection, term: term)
                for (continuation, result) in zip(batch.continuations, results) {
                    continuation.resume(returning: result)
                }
            } catch {
                for continuation in batch.continuations { continuation.resume(throwing: error) }
            }
        }
    }

    private func next() -> Requests? {
        state.withLock { state in
            let waiting = state.waiting
            state.waiting = Requests()
            guard !waiting.all.isEmpty else {
                state.isCalling = false
                return nil
            }
            guard waiting.all.count > Self.batch else { return waiting }
            state.waiting = Requests(
                all: Array(waiting.all[Self.batch...]), continuations: Array(waiting.continuations[Self.batch...]))
            return Requests(
                all: Array(waiting.all[..<Self.batch]), continuations: Array(waiting.continuations[..<Self.batch]))
        }
    }
}
