import Synchronization

/// Wakes the task that waits for it. Given while none waits, it wakes the next that does, once.
public final class WakeupSignal: Sendable {
    private struct State {
        var isPending = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    public init() {}

    public func signal() {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.isPending = true }
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Returns at a signal, or when the task is cancelled. To be called by one task at a time; of two, the first returns
    /// at once.
    public func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let due: CheckedContinuation<Void, Never>? = state.withLock { state in
                    if state.isPending || Task.isCancelled {
                        state.isPending = false
                        return continuation
                    }
                    defer { state.waiter = continuation }
                    return state.waiter
                }
                due?.resume()
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }

    /// Returns at a signal, when time is up, or when the task is cancelled. To be called by one task at a time.
    public func wait(until deadline: ContinuousClock.Instant) async {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }
}
