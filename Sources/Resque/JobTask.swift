import Synchronization

/// The job that a processor performs: a task of its own, which can be cancelled without the processor.
final class JobTask: Sendable {
    /// How long a job that was cancelled may take to end: the default of Ruby's RESQUE_TERM_TIMEOUT. Then it is abandoned:
    /// it may go on, and nobody waits for it.
    static let patience = Duration.seconds(4)

    private struct State {
        var number = 0
        var job: Job?
        var task: Task<Void, Never>?
        var isCancelled = false
        var continuation: CheckedContinuation<any Sendable, any Error>?
    }

    private let state = Mutex(State())

    /// Whether the last job was cancelled by ``cancel()``.
    var isCancelled: Bool { state.withLock(\.isCancelled) }

    func perform(_ job: Job, _ body: @escaping @Sendable () async throws -> any Sendable) async throws -> any Sendable {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let number = state.withLock { state in
                    state = State(number: state.number + 1, job: job, continuation: continuation)
                    return state.number
                }
                let task = Task {
                    do { end(number, .success(try await body())) } catch { end(number, .failure(error)) }
                }
                state.withLock { if $0.number == number, $0.continuation != nil { $0.task = task } }
                if Task.isCancelled { task.cancel() }
            }
        } onCancel: {
            state.withLock(\.task)?.cancel()
        }
    }

    /// Cancels the job, and takes its lease: a step that must not be done twice is not done any more.
    ///
    /// - Returns: False where no job is performed.
    func cancel() -> Bool {
        let (number, job, task) = state.withLock { state in
            if state.task != nil { state.isCancelled = true }
            return (state.number, state.job, state.task)
        }
        guard let task else { return false }
        job?.run?.lease.revoke()
        task.cancel()
        Task {
            try? await Task.sleep(for: Self.patience)
            end(number, .failure(CancellationError()))
        }
        return true
    }

    /// The first end of a job counts.
    private func end(_ number: Int, _ result: Result<any Sendable, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<any Sendable, any Error>? in
            guard state.number == number else { return nil }
            defer { (state.job, state.task, state.continuation) = (nil, nil, nil) }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}
