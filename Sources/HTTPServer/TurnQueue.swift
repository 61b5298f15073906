import DequeModule
import NIOCore

/// Connections of one event loop that have more requests than one turn handles. They go on in the order in which they came
/// here, for a little while each time; between two such times the loop has its other events.
///
/// That takes a timer: NIO runs all tasks that are ready before it looks for events, those that the tasks make too.
final class TurnQueue: Sendable {
    private struct State {
        var waiting: Deque<() -> Void> = []
        var isScheduled = false
    }

    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    /// How long the queue keeps the loop.
    private static let slice = TimeAmount.milliseconds(2)
    /// Until the loop has looked for events: anything that has not passed when the tasks end.
    private static let pause = TimeAmount.microseconds(100)

    init(on loop: any EventLoop) {
        self.loop = loop
        state = .makeBoxSendingValue(State(), eventLoop: loop)
    }

    /// Whether no connection awaits its turn. Asked on the loop.
    var isEmpty: Bool { state.value.waiting.isEmpty }

    /// - Parameter turn: Goes on with the connection; called on the loop.
    func add(_ turn: @escaping () -> Void) {
        state.value.waiting.append(turn)
        schedule()
    }

    private func schedule() {
        guard !state.value.isScheduled else { return }
        state.value.isScheduled = true
        loop.scheduleTask(in: Self.pause) { [self] in run() }
    }

    private func run() {
        state.value.isScheduled = false
        let end = loop.now + Self.slice
        while let turn = state.value.waiting.popFirst() {
            turn()
            if loop.now >= end { break }
        }
        if !state.value.waiting.isEmpty { schedule() }
    }
}
