import BgdemoFoundations
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Synchronization

/// The queues of a worker by priority. `*` means all others, in the order of their names; it is kept up to date.
final class QueueSelection: Sendable {
    /// As the program gave them.
    let order: [String]
    private let keys: ResqueKeys
    private let state: Mutex<State>

    private struct State {
        var names: [String]
        var keys: [String]
        var beginnings: [[UInt8]] = []
        var second = 0
    }

    init(_ order: [String], keys: ResqueKeys) {
        self.order = order
        self.keys = keys
        let names = order.filter { $0 != "*" }
        state = Mutex(State(names: names, keys: names.map(keys.queue)))
    }

    var isOpen: Bool { order.contains("*") }

    var names: [String] { state.withLock(\.names) }

    /// The keys of the queues, their names, and the records that begin now.
    var now: (keys: [String], names: [String], beginnings: [[UInt8]]) {
        let date = Date.now
        let second = Int(date.timeIntervalSince1970)
        return state.withLock { state in
            if second != state.second {
                state.second = second
                state.beginnings = state.names.map { WorkingRecord.beginning(queue: $0, date: date) }
            }
            return (state.keys, state.names, state.beginnings)
        }
    }

    /// - Parameter known: The names of all queues there are.
    func update(known: some Sequence<String>) {
        let named = Set(order.map { ByteString($0) })
        let others = known.filter { !named.contains(ByteString($0)) }.sortedByBytes()
        let names = order.flatMap { $0 == "*" ? others : [$0] }
        state.withLock { state in
            guard !names.elementsEqual(state.names, by: { $0.hasSameBytes(as: $1) }) else { return }
            state = State(names: names, keys: names.map(keys.queue))
        }
    }
}
