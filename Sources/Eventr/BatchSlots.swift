import Synchronization

/// Counts the batches of a session: each is handled, then acknowledged. While one is acknowledged the next is asked for
/// already, so that both requests travel together; it is handled when the acknowledgement is over.
final class BatchSlots: Sendable {
    private enum Goal { case take, handle }

    private struct State {
        let limit: Int
        var handling = 0
        var acknowledging = 0
        var waiter: (goal: Goal, continuation: CheckedContinuation<Void, Never>)?

        func permits(_ goal: Goal) -> Bool {
            switch goal {
            case .take: handling < limit
            case .handle: handling + acknowledging < limit
            }
        }
    }

    private let state: Mutex<State>

    /// - Parameter limit: How many batches may be handled at a time.
    init(limit: Int) { state = Mutex(State(limit: max(1, limit))) }

    /// Waits until a further batch may be taken. To be called by one task.
    func waitToTake() async { await wait(for: .take) }

    /// Waits until a further batch may be handled, and counts it. To be called by one task.
    func beginHandling() async {
        await wait(for: .handle)
        change { $0.handling += 1 }
    }

    func beginAcknowledging() {
        change { state in
            state.handling -= 1
            state.acknowledging += 1
        }
    }

    func endAcknowledging() { change { $0.acknowledging -= 1 } }

    private func change(_ body: @Sendable (inout State) -> Void) {
        let due: CheckedContinuation<Void, Never>? = state.withLock { state in
            body(&state)
            guard let waiter = state.waiter, state.permits(waiter.goal) else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        due?.resume()
    }

    private func wait(for goal: Goal) async {
        await withCheckedContinuation { continuation in
            let isPermitted = state.withLock { state in
                guard !state.permits(goal) else { return true }
                state.waiter = (goal, continuation)
                return false
            }
            if isPermitted { continuation.resume() }
        }
    }
}
