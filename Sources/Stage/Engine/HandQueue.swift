import Synchronization

/// Hands on what all lanes share, one after the other. A hand that has begun is finished, also where who asked for it has gone:
/// a Redis that was killed is started again.
final class HandQueue: Sendable {
    private struct State {
        var last: Task<Void, any Error>?
        var count = 0
        var isClosed = false
    }

    /// More are refused: who presses a key that often wants no more of it.
    private static let maxWaiting = 8

    private let state = Mutex(State())

    /// - Throws: ``StageError`` where too many wait; what `body` throws.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = try state.withLock { state throws(StageError) -> Task<Void, any Error> in
            guard !state.isClosed, state.count < Self.maxWaiting else { throw StageError("too many at once") }
            state.count += 1
            let before = state.last
            let task = Task {
                _ = await before?.result
                defer { self.state.withLock { $0.count -= 1 } }
                try Task.checkCancellation()
                try await body()
            }
            state.last = task
            return task
        }
        try await task.value
    }

    /// Takes no more hands, and returns when the one that has begun is finished or cancelled.
    func close() async {
        let last = state.withLock { state in
            state.isClosed = true
            return state.last.take()
        }
        last?.cancel()
        _ = await last?.result
    }
}
