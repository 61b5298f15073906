import DequeModule

/// The suspended tasks that wait for one thing, in their order: part of the state of whatever they wait for, under its
/// lock.
///
///     let ticket = state.withLock { $0.waiters.makeTicket() }
///     await withTaskCancellationHandler {
///         await withCheckedContinuation { continuation in
///             let waits = state.withLock { state in
///                 guard !state.isReady, !Task.isCancelled else { return false }
///                 state.waiters.append(continuation, ticket)
///                 return true
///             }
///             if !waits { continuation.resume() }
///         }
///     } onCancel: {
///         state.withLock { $0.waiters.remove(ticket) }?.resume()
///     }
///
/// A continuation that is taken out is to be resumed, when the lock is released.
public struct WaiterList<Value: Sendable>: Sendable {
    public typealias Continuation = CheckedContinuation<Value, Never>

    /// Names one who waits, from before it is in the list: it may be cancelled earlier.
    public struct Ticket: Sendable, Hashable {
        fileprivate let number: Int
    }

    private var tickets = 0
    private var waiting: [Ticket: Continuation] = [:]
    /// Tickets of those who wait, and of some that were taken out by their tickets.
    private var order = Deque<Ticket>()

    public init() {}

    public var isEmpty: Bool { waiting.isEmpty }

    public var count: Int { waiting.count }

    public mutating func makeTicket() -> Ticket {
        tickets += 1
        return Ticket(number: tickets)
    }

    public mutating func append(_ continuation: Continuation, _ ticket: Ticket) {
        if order.count > 2 * waiting.count + 16 { order.removeAll { waiting[$0] == nil } }
        waiting[ticket] = continuation
        order.append(ticket)
    }

    /// Takes out the one that has waited longest.
    public mutating func popFirst() -> Continuation? {
        while let ticket = order.popFirst() {
            if let continuation = waiting.removeValue(forKey: ticket) { return continuation }
        }
        return nil
    }

    /// Takes out the one that came last.
    public mutating func popLast() -> Continuation? {
        while let ticket = order.popLast() {
            if let continuation = waiting.removeValue(forKey: ticket) { return continuation }
        }
        return nil
    }

    /// Takes out all, in their order.
    public mutating func popAll() -> [Continuation] {
        defer {
            order.removeAll()
            waiting.removeAll()
        }
        return order.compactMap { waiting[$0] }
    }

    /// Takes out this one; nil where it is not in the list, any more or yet.
    public mutating func remove(_ ticket: Ticket) -> Continuation? { waiting.removeValue(forKey: ticket) }
}
