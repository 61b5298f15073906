import Synchronization

/// A value that tests wait for: every change is looked at, none is slept for.
public final class Watched<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
        var changes = 0
    }

    private let state: Mutex<State>

    public init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    public var value: Value { state.withLock(\.value) }

    @discardableResult
    public func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        let (result, waiting) = state.withLock { state in
            let result = body(&state.value)
            state.changes += 1
            defer { state.waiting.removeAll() }
            return (result, state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
        return result
    }

    /// The value as soon as it is as `isDue` wants it.
    ///
    /// - Throws: `CancellationError`, so that a test's time limit ends it.
    @discardableResult
    public func wait(until isDue: (Value) -> Bool) async throws -> Value {
        while true {
            let (value, changes) = state.withLock { ($0.value, $0.changes) }
            if isDue(value) { return value }
            try Task.checkCancellation()
            await change(past: changes)
        }
    }

    private func change(past seen: Int) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    let isDue = state.changes > seen || Task.isCancelled
                    if !isDue { state.waiting[number] = continuation }
                    return isDue
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
        }
    }
}
