/// The least gap between two sends: the talk's `setTimeout(workerLoop, 1000)`, kept by all who share it.
public actor Throttle {
    public nonisolated let gap: Duration
    private var next: ContinuousClock.Instant?

    /// - Parameter gap: `.zero` lets everything pass at once.
    public init(_ gap: Duration) {
        self.gap = gap
    }

    /// Returns when it is the caller's turn. Turns are given in the order of the calls.
    ///
    /// - Throws: `CancellationError` where the task was cancelled while it waited; its turn passes unused.
    public func acquire() async throws {
        guard gap > .zero else { return }
        let now = ContinuousClock.now
        let mine = max(next ?? now, now)
        next = mine + gap
        if mine > now { try await Task.sleep(until: mine, clock: .continuous) }
    }
}
