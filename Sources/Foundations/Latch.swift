import Synchronization

/// Opens once; callers wait until then.
public final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters = WaiterList<Void>()
    }

    private let state = Mutex(State())

    public init() {}

    public var isOpen: Bool { state.withLock(\.isOpen) }

    public func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            return state.waiters.popAll()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it is open, or the task was cancelled.
    public func wait() async {
        let ticket = state.withLock { state in state.isOpen ? nil : state.waiters.makeTicket() }
        guard let ticket else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !state.isOpen, !Task.isCancelled else { return false }
                    state.waiters.append(continuation, ticket)
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.remove(ticket) }?.resume()
        }
    }
}
