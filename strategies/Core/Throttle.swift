/// The least time between two sends, for all that share it. The talk's `setTimeout(workerLoop, 1000)`.
public actor Throttle {
    public nonisolated let gap: Duration
    private var next: ContinuousClock.Instant?

    /// - Parameter gap: `.zero` for no wait.
    public init(_ gap: Duration) {
        self.gap = gap
    }

    /// Returns when the caller may send. Callers go on in the order of their calls.
    ///
    /// - Throws: `CancellationError` where the task was cancelled while it waited; its time passes unused.
    public nonisolated func acquire() async throws {
        // Nobody who need not wait is taken over by the actor.
        if gap > .zero { try await wait() }
    }

    private func wait() async throws {
        let now = ContinuousClock.now
        let mine = max(next ?? now, now)
        next = mine + gap
        if mine > now { try await Task.sleep(until: mine, clock: .continuous) }
    }
}
