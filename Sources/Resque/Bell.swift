import Synchronization

/// Where idle workers sleep until there may be a job for them, and listeners wait until somebody sleeps.
final class Bell: Sendable {
    private struct State {
        var isOver = false
        /// How often somebody has gone to sleep.
        var sleeps = 0
        var sleepers = Waiting()
        var listeners = Waiting()
    }

    private let state = Mutex(State())

    /// Sleeps until the bell rings for the caller, its task is cancelled or the work is over.
    ///
    /// - Parameter isAwake: Whether the caller need not sleep. Who makes it so rings afterwards.
    func sleep(unless isAwake: @Sendable () -> Bool = { false }) async {
        await wait(among: \.sleepers) { state in
            guard !state.isOver, !isAwake() else { return ([], false) }
            state.sleeps += 1
            return (state.listeners.all(), true)
        }
    }

    /// Waits until somebody sleeps and more have gone to sleep than `seen`, or the task is cancelled.
    ///
    /// - Returns: How often somebody has gone to sleep by now.
    func sleeper(after seen: Int) async -> Int {
        await wait(among: \.listeners) { state in ([], state.sleeps <= seen || state.sleepers.isEmpty) }
        return state.withLock(\.sleeps)
    }

    /// Wakes the one that went to sleep last. Who finds a job wakes the next.
    func ring() {
        state.withLock { $0.sleepers.last() }?.resume()
    }

    func ringAll() {
        for sleeper in state.withLock({ $0.sleepers.all() }) { sleeper.resume() }
    }

    /// Wakes all, and nobody sleeps any more.
    func end() {
        state.withLock { $0.isOver = true }
        ringAll()
    }

    /// - Parameter enter: Whether to wait, and whom to wake because of it.
    private func wait(
        among place: any WritableKeyPath<State, Waiting> & Sendable,
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
    private struct Waiting {
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
