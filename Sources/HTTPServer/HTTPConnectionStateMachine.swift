/// The states of one HTTP connection, with every transition between them. It does no I/O: each event returns what the
/// connection handler has to do.
///
///     serving ─ last request ─▶ finishing ─ all is written ─▶ lingering or probing ─▶ closed
///        └───── a response is a stream ─▶ streaming ─▶ closed
///
/// - serving: requests are read and answered.
/// - finishing: no more requests are read; the responses to those that were read are awaited and written.
/// - streaming: one response is written piece by piece until it or the connection ends; the stream's handler does that.
/// - lingering: the server has closed its half; it waits for the client to close the other.
/// - probing: the client had closed its half while it waited for a response. Whether it is gone altogether, TCP says
///   only when the response has reached its machine, so the connection stays for a moment.
struct HTTPConnectionStateMachine {
    enum State: Equatable {
        case serving(Input, isDraining: Bool)
        case finishing(Client)
        case streaming
        case lingering
        case probing
        case closed
    }

    /// What a serving connection reads.
    enum Input: Equatable {
        /// Bytes, as they come.
        case open
        /// Nothing: too many responses are awaited, or the client does not read them. Requests may wait in the decoder.
        case stalled
        /// Nothing but what is in the decoder: the client has closed its half.
        case ended
    }

    /// What is known of the client of a finishing connection.
    enum Client: Equatable {
        /// Its half is open.
        case connected
        /// It closed its half when it had every response.
        case satisfied
        /// It closed its half while it waited for a response: it may be gone.
        case perhapsGone
    }

    private(set) var state = State.serving(.open, isDraining: false)

    /// Whether requests are read from the decoder.
    var readsRequests: Bool {
        if case .serving = state { true } else { false }
    }

    /// Whether requests wait in the decoder until there is room.
    var isStalled: Bool {
        switch state {
        case .serving(.stalled, _), .serving(.ended, _): true
        default: false
        }
    }

    /// Whether the last response says that the connection closes.
    var closesAfterLastResponse: Bool { !readsRequests }

    // MARK: Reading

    /// A whole request was read.
    ///
    /// - Parameter keepsAlive: Whether the client may send another after it.
    mutating func readRequest(keepsAlive: Bool) {
        guard case .serving(_, let isDraining) = state, isDraining || !keepsAlive else { return }
        finish()
    }

    /// No more requests are read until there is room for their responses.
    mutating func stall() {
        guard case .serving(.open, let isDraining) = state else { return }
        state = .serving(.stalled, isDraining: isDraining)
    }

    /// The decoder has no whole request.
    ///
    /// - Parameter isAnswered: Whether every response is written.
    mutating func needBytes(isAnswered: Bool) {
        switch state {
        case .serving(.stalled, let isDraining): state = .serving(.open, isDraining: isDraining)
        case .serving(.ended, _): state = .finishing(isAnswered ? .satisfied : .perhapsGone)
        default: return
        }
    }

    /// The client broke the protocol, or its time is up, or the server is full: one more response, and the end.
    mutating func reject() {
        finish()
    }

    /// A response that is a stream begins: it is the last.
    mutating func beginStream() {
        guard state != .closed else { return }
        state = .streaming
    }

    /// No more requests are read, and a response is awaited.
    private mutating func finish() {
        guard case .serving(let input, _) = state else { return }
        state = .finishing(input == .ended ? .perhapsGone : .connected)
    }

    enum InputClosedAction: Equatable { case readRequests, continueWriting, close, ignore }

    /// The client has closed its half.
    ///
    /// - Parameter isAnswered: Whether every response is written.
    mutating func inputClosed(isAnswered: Bool) -> InputClosedAction {
        switch state {
        case .serving(_, let isDraining):
            state = .serving(.ended, isDraining: isDraining)
            return .readRequests
        case .finishing:
            state = .finishing(isAnswered ? .satisfied : .perhapsGone)
            return .continueWriting
        case .lingering:
            state = .closed
            return .close
        case .streaming, .probing, .closed:
            return .ignore
        }
    }

    // MARK: Writing

    enum SettledAction: Equatable {
        /// Wait for bytes.
        case read
        /// Read no bytes from the socket for now.
        case pauseReading
        /// Close the server's half, read past what the client still sends, and wait a while for it to close.
        case closeOutput
        /// Wait a moment for a reset.
        case probe
        case close
        case none
    }

    /// What is ready was written.
    ///
    /// - Parameter isAnswered: Whether no response is awaited, and every one has left.
    mutating func settled(isAnswered: Bool) -> SettledAction {
        switch state {
        case .serving(.open, _): return .read
        case .serving: return .pauseReading
        case .finishing where !isAnswered: return .read
        // Closed at once, with bytes of the client unread, TCP would reset, and the client lose the response.
        case .finishing(.connected):
            state = .lingering
            return .closeOutput
        case .finishing(.satisfied):
            state = .closed
            return .close
        case .finishing(.perhapsGone):
            state = .probing
            return .probe
        case .streaming, .lingering, .probing, .closed:
            return .none
        }
    }

    // MARK: Ending

    enum DrainAction: Equatable {
        case close
        /// The client has just come, and is about to send its first request.
        case awaitFirstRequest
        case none
    }

    /// The server ends: what is in hand or half read is answered, and nothing after it.
    ///
    /// - Parameters:
    ///   - isAnswered: Whether no response is awaited, and every one has left.
    ///   - isAwaiting: Whether a response is awaited.
    ///   - isBetweenRequests: Whether no byte of the next request is there.
    ///   - isNew: Whether no request was read yet.
    mutating func drain(
        isAnswered: Bool, isAwaiting: Bool, isBetweenRequests: Bool, isNew: Bool
    ) -> DrainAction {
        guard case .serving(let input, _) = state else { return .none }
        state = .serving(input, isDraining: true)
        if isAnswered, isBetweenRequests {
            guard !isNew else { return .awaitFirstRequest }
            state = .closed
            return .close
        }
        if isAwaiting || isBetweenRequests { finish() }
        return .none
    }

    enum DeadlineAction: Equatable { case close, rejectRequest }

    /// A time limit has passed.
    ///
    /// - Parameters:
    ///   - isWriteLate: Whether it is the client's time to read a response.
    ///   - isBetweenRequests: Whether no byte of the next request is there.
    mutating func deadlinePassed(isWriteLate: Bool, isBetweenRequests: Bool) -> DeadlineAction {
        switch state {
        case .streaming, .lingering, .probing, .closed:
            state = .closed
            return .close
        case .serving, .finishing:
            return isWriteLate || isBetweenRequests ? .close : .rejectRequest
        }
    }

    /// The connection is gone.
    ///
    /// - Parameter awaited: How many responses were awaited.
    /// - Returns: How many responses the client did not wait for.
    mutating func disconnected(awaited: Int) -> Int {
        defer { state = .closed }
        return state == .probing ? awaited + 1 : awaited
    }
}
