import Synchronization

/// Wakes the task that waits for it. Given while none waits, it wakes the next that does, once.
public final class WakeupSignal: Sendable {
    private struct State {
        var isPending = false
        var waiter: CheckedContinuation<Void, Never>?
        /// When the waiter's time is up; nil where it waits for a signal alone.
        var deadline: ContinuousClock.Instant?
        var timer: Timer?
    }

    /// A wait of its own for each deadline would stay behind when a signal came first: the timer of a cancelled
    /// `Task.sleep` runs until its time. A thousand waits a second with one deadline then ended in one moment.
    private struct Timer {
        let deadline: ContinuousClock.Instant
        let task: Task<Void, Never>
    }

    private let state = Mutex(State())

    public init() {}

    deinit { state.withLock { $0.timer }?.task.cancel() }

    public func signal() {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.isPending = true }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Returns at a signal, or when the task is cancelled. To be called by one task at a time; of two, the first returns
    /// at once.
    public func wait() async { await wait(atMost: nil) }

    /// Returns at a signal, when time is up, or when the task is cancelled. To be called by one task at a time.
    public func wait(until deadline: ContinuousClock.Instant) async { await wait(atMost: deadline) }

    private func wait(atMost deadline: ContinuousClock.Instant?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let due: CheckedContinuation<Void, Never>? = state.withLock { state in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return continuation
                    }
                    defer { (state.waiter, state.deadline) = (continuation, deadline) }
                    if let deadline { startTimer(deadline, &state) }
                    return state.waiter
                }
                due?.resume()
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }

    /// Starts the timer, unless it ends early enough already.
    private func startTimer(_ deadline: ContinuousClock.Instant, _ state: inout State) {
        if let timer = state.timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let task = Task { [weak self] in
            guard (try? await Task.sleep(until: deadline, tolerance: .zero, clock: .continuous)) != nil else { return }
            self?.endTimer(deadline)
        }
        state.timer = Timer(deadline: deadline, task: task)
    }

    private func endTimer(_ deadline: ContinuousClock.Instant) {
        let due: CheckedContinuation<Void, Never>? = state.withLock { state in
            if state.timer?.deadline == deadline { state.timer = nil }
            guard state.waiter != nil, let next = state.deadline else { return nil }
            guard next > .now else { return state.waiter.take() }
            startTimer(next, &state)
            return nil
        }
        due?.resume()
    }
}
