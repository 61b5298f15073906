/// Whether a client's connection reads, waits or ends, without its socket and its clock: what happens goes in, what is to
/// be done comes out.
///
///     serving ⇄ holding        a reply is due later
///        │ ╲       │
///        │  silent │            a fault: no reply will come
///        ▼   ▼     ▼
///       lingering ──▶ closed    our half is closed ▶ the client's too
struct InboxConnectionStateMachine {
    enum State: Equatable {
        /// Commands are read and answered.
        case serving
        /// A reply is due later. Nothing more is read from the input before.
        case holding(closesAfterwards: Bool)
        /// No reply will come, whatever the client says.
        case silent
        /// Our half of the connection is closed. The client may still send.
        case lingering
        case closed
    }

    /// What the connection does next.
    enum Action: Equatable {
        case nothing
        /// Reads on.
        case serve
        /// Says 421 and closes its half.
        case sayGoodbye
        /// Closes its half after the replies that are written.
        case closeOutput
        /// Closes at once.
        case close
        /// Waits once more as long.
        case waitLonger
    }

    private(set) var state = State.serving
    /// Whether the client has sent its last byte.
    private(set) var clientHasEnded = false

    var isServing: Bool { state == .serving }
    /// Whether nothing is written any more.
    var hasEnded: Bool { state == .lingering || state == .closed }

    /// The reply to a mail is due later.
    mutating func hold() {
        if state == .serving { state = .holding(closesAfterwards: false) }
    }

    /// The reply that was due is about to be written.
    mutating func release() -> Action {
        guard case .holding(let closesAfterwards) = state else { return .nothing }
        state = .serving
        return closesAfterwards ? .sayGoodbye : .serve
    }

    /// A fault: the connection stays open, and nothing is answered.
    mutating func fallSilent() {
        if state == .serving { state = .silent }
    }

    /// The client has closed its half.
    mutating func clientEnded() -> Action {
        clientHasEnded = true
        switch state {
        case .serving: return .serve
        case .holding: return .nothing
        case .silent, .lingering, .closed: return .close
        }
    }

    /// Everything that has come is answered, and the answers are sent.
    mutating func didAnswerAll() -> Action {
        clientHasEnded && state == .serving ? .closeOutput : .nothing
    }

    /// The inbox stops.
    mutating func inboxCloses() -> Action {
        switch state {
        case .serving, .silent: return .sayGoodbye
        case .holding:
            state = .holding(closesAfterwards: true)
            return .nothing
        case .lingering, .closed: return .nothing
        }
    }

    /// Our half is closed. False where it was before.
    mutating func closeOutput() -> Bool {
        guard !hasEnded else { return false }
        state = .lingering
        return true
    }

    /// The whole connection is closed.
    mutating func close() { state = .closed }

    /// The time limit has passed.
    ///
    /// - Parameter isWritable: Whether the client reads its replies.
    mutating func timeIsUp(isWritable: Bool) -> Action {
        switch state {
        case .serving: isWritable ? .closeOutput : .close
        case .holding: .waitLonger
        case .silent, .lingering, .closed: .close
        }
    }
}
