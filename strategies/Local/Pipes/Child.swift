package import Logging
package import NIOCore
package import Subprocess

/// A place for one child. While a child is replaced, it and its successor have the same slot.
package struct ChildSlot: Hashable, Sendable {
    package let role: ChildRole
    package let index: Int

    package init(role: ChildRole, index: Int) {
        (self.role, self.index) = (role, index)
    }
}

/// A child process as its master sees it. It belongs to the master's event loop.
package final class Child {
    package enum Phase {
        case starting
        case running
        /// Its successor is being started.
        case outgoing
        /// It was told to finish what is in hand and to end.
        case stopping
    }

    /// Each child has another number.
    package let number: Int
    package let slot: ChildSlot
    /// What to send to the process.
    package let signals: AsyncStream<Signal>
    private let signalContinuation: AsyncStream<Signal>.Continuation
    private var writer: LineWriter?
    package private(set) var name: String
    /// Logs in the name of the child.
    package private(set) var logger: Logger
    package private(set) var phase = Phase.starting
    /// Whether it has been ready, in whatever phase it is now.
    package private(set) var wasReady = false
    private var lastAnswer = NIODeadline.now()

    package init(number: Int, slot: ChildSlot, logger: Logger) {
        self.number = number
        self.slot = slot
        self.logger = logger
        name = slot.role.title
        (signals, signalContinuation) = AsyncStream.makeStream()
    }

    package var role: ChildRole { slot.role }

    /// Whether it needs no successor.
    package var isStaying: Bool { phase == .starting || phase == .running }

    package func send(_ message: PipeMessage) { writer?.send(message) }

    // MARK: Transitions

    package func didSpawn(pid: Int32, writer: LineWriter, logger: (String) -> Logger) {
        name = "\(role.title) @ \(pid)"
        self.logger = logger(name)
        self.writer = writer
        lastAnswer = .now()
    }

    package func didBecomeReady() {
        wasReady = true
        if phase == .starting { phase = .running }
        lastAnswer = .now()
    }

    /// A successor takes its slot.
    package func beginReplacement() {
        if isStaying { phase = .outgoing }
    }

    /// Has it finish what is in hand and end.
    package func stop() {
        phase = .stopping
        send(.stop)
    }

    package func kill() { signalContinuation.yield(.kill) }

    /// Nothing more can come from it.
    package func connectionDidClose() {
        signalContinuation.finish()
        writer?.close()
    }

    // MARK: Whether it answers

    package func didAnswer() { lastAnswer = .now() }

    /// Asks for an answer, once it is ready.
    ///
    /// - Returns: The time since its last answer.
    package func ping() -> TimeAmount {
        if wasReady { writer?.send(.ping) }
        return .now() - lastAnswer
    }

    /// Whether it reads what it is sent, so that it may be sent what it can miss.
    package var isReading: Bool { wasReady && (writer?.unwritten ?? 0) < 1 << 16 }
}
