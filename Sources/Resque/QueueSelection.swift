import BgdemoFoundations
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Synchronization

/// The queues of a worker by priority, as in Ruby: names, and patterns that stand for the queues that there are, in the order
/// of their names; they are kept up to date. Each queue counts where it comes first, and none that is left out by a `!`.
final class QueueSelection: Sendable {
    /// As the program gave them.
    let order: [String]
    private let chosen: [QueuePattern]
    private let excluded: [QueuePattern]
    private let keys: ResqueKeys
    private let state: Mutex<State>

    private struct State {
        var names: [String]
        var keys: [String]
        var pauses: [String]
        var beginnings: [[UInt8]] = []
        var second = 0
    }

    init(_ order: [String], keys: ResqueKeys) {
        self.order = order
        self.keys = keys
        let patterns = order.map { QueuePattern($0) }
        (chosen, excluded) = (patterns.filter { !$0.isExclusion }, patterns.filter(\.isExclusion))
        state = Mutex(State(names: [], keys: [], pauses: []))
        update(known: [])
    }

    /// Whether the queues depend on those that there are.
    var isOpen: Bool { chosen.contains(where: \.isOpen) }

    var names: [String] { state.withLock(\.names) }

    /// The keys of the queues and of their pauses, their names, and the records that begin now.
    var now: (keys: [String], pauses: [String], names: [String], beginnings: [[UInt8]]) {
        let date = Date.now
        let second = Int(date.timeIntervalSince1970)
        return state.withLock { state in
            if second != state.second {
                state.second = second
                state.beginnings = state.names.map { WorkingRecord.beginning(queue: $0, date: date) }
            }
            return (state.keys, state.pauses, state.names, state.beginnings)
        }
    }

    /// - Parameter known: The names of all queues there are.
    func update(known: some Sequence<String>) {
        let known = known.sortedByBytes()
        var seen = Set<ByteString>()
        let names = chosen.flatMap { pattern in pattern.isOpen ? known.filter(pattern.matches) : [pattern.text] }
            .filter { name in seen.insert(ByteString(name)).inserted && !excluded.contains { $0.matches(name) } }
        state.withLock { state in
            guard !names.elementsEqual(state.names, by: { $0.hasSameBytes(as: $1) }) else { return }
            state = State(names: names, keys: names.map(keys.queue), pauses: names.map(keys.pause))
        }
    }
}
