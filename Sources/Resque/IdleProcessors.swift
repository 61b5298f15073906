import BgdemoFoundations
import Synchronization

/// The processors that wait for a job, and the listeners that wait until one of them does.
final class IdleProcessors: Sendable {
    private struct State {
        var isClosed = false
        /// How often a processor has begun to wait.
        var waits = 0
        var waiters = WaiterList<Void>()
        var listeners = WaiterList<Void>()
    }

    private let state = Mutex(State())

    /// Waits until a signal is for the caller, its task is cancelled or the work is over.
    ///
    /// - Parameter isReady: Whether the caller need not wait. Whatever makes it so signals afterwards.
    func wait(unless isReady: @Sendable () -> Bool = { false }) async {
        await wait(among: \.waiters) { state in
            guard !state.isClosed, !isReady() else { return ([], false) }
            state.waits += 1
            return (state.listeners.popAll(), true)
        }
    }

    /// Waits until a processor waits and processors have begun to wait more often than `seen`, or the task is cancelled.
    ///
    /// - Returns: How often a processor has begun to wait by now.
    func waiter(after seen: Int) async -> Int {
        await wait(among: \.listeners) { state in ([], state.waits <= seen || state.waiters.isEmpty) }
        return state.withLock(\.waits)
    }

    /// Wakes the one that began to wait last. Whichever finds a job wakes the next.
    func signal() {
        state.withLock { $0.waiters.isEmpty ? nil : $0.waiters.popLast() }?.resume()
    }

    func signalAll() {
        for waiter in state.withLock({ $0.waiters.popAll() }) { waiter.resume() }
    }

    /// Wakes all, and none waits any more.
    func close() {
        state.withLock { $0.isClosed = true }
        signalAll()
    }

    /// - Parameter enter: Whether to wait, and what to wake because of it.
    private func wait(
        among place: any WritableKeyPath<State, WaiterList<Void>> & Sendable,
        enter: @Sendable (inout State) -> (woken: [CheckedContinuation<Void, Never>], isWaiting: Bool)
    ) async {
        let ticket = state.withLock { $0[keyPath: place].makeTicket() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let woken: [CheckedContinuation<Void, Never>] = state.withLock { state in
                    guard !Task.isCancelled else { return [continuation] }
                    let (woken, isWaiting) = enter(&state)
                    guard isWaiting else { return woken + [continuation] }
                    state[keyPath: place].append(continuation, ticket)
                    return woken
                }
                for one in woken { one.resume() }
            }
        } onCancel: {
            state.withLock { $0[keyPath: place].remove(ticket) }?.resume()
        }
    }
}
