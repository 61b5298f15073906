import Synchronization

/// Where idle workers sleep until there may be a job for them, and listeners wait until somebody waits.
final class WakeupSignal: Sendable {
    private struct State {
        var isClosed = false
        /// How often somebody has gone to sleep.
        var waits = 0
        var waiters = WaiterList()
        var listeners = WaiterList()
    }

    private let state = Mutex(State())

    /// Sleeps until the bell rings for the caller, its task is cancelled or the work is over.
    ///
    /// - Parameter isReady: Whether the caller need not sleep. Who makes it so rings afterwards.
    func wait(unless isReady: @Sendable () -> Bool = { false }) async {
        await wait(among: \.waiters) { state in
            guard !state.isClosed, !isReady() else { return ([], false) }
            state.waits += 1
            return (state.listeners.all(), true)
        }
    }

    /// Waits until somebody waits and more have gone to sleep than `seen`, or the task is cancelled.
    ///
    /// - Returns: How often somebody has gone to sleep by now.
    func waiter(after seen: Int) async -> Int {
        await wait(among: \.listeners) { state in ([], state.waits <= seen || state.waiters.isEmpty) }
        return state.withLock(\.waits)
    }

    /// Wakes the one that went to sleep last. Who finds a job wakes the next.
    func signal() {
        state.withLock { $0.waiters.last() }?.resume()
    }

    func signalAll() {
        for waiter in state.withLock({ $0.waiters.all() }) { waiter.resume() }
    }

    /// Wakes all, and nobody waits any more.
    func close() {
        state.withLock { $0.isClosed = true }
        signalAll()
    }

    /// - Parameter enter: Whether to wait, and whom to wake because of it.
    private func wait(
        among place: any WritableKeyPath<State, WaiterList> & Sendable,
        enter: @Sendable (inout State) -> (woken: [CheckedContinuation<Void, Never>], isWaiting: Bool)
    ) async {
        let number = state.withLock { $0[keyPath: place].ticket() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let woken: [CheckedContinuation<Void, Never>] = state.withLock { state in
                    guard !Task.isCancelled else { return [continuation] }
                    let (woken, isWaiting) = enter(&state)
                    guard isWaiting else { return woken + [continuation] }
                    state[keyPath: place].add(continuation, number)
                    return woken
                }
                for one in woken { one.resume() }
            }
        } onCancel: {
            state.withLock { $0[keyPath: place].remove(number) }?.resume()
        }
    }

    /// Those who wait, each with a number to be taken out by.
    private struct WaiterList {
        private var next = 0
        private var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []

        var isEmpty: Bool { waiting.isEmpty }

        mutating func ticket() -> Int {
            next += 1
            return next
        }

        mutating func add(_ continuation: CheckedContinuation<Void, Never>, _ number: Int) {
            waiting.append((number, continuation))
        }

        mutating func last() -> CheckedContinuation<Void, Never>? { waiting.popLast()?.continuation }

        mutating func all() -> [CheckedContinuation<Void, Never>] {
            defer { waiting.removeAll() }
            return waiting.map(\.continuation)
        }

        mutating func remove(_ number: Int) -> CheckedContinuation<Void, Never>? {
            waiting.firstIndex { $0.number == number }.map { waiting.remove(at: $0).continuation }
        }
    }
}
