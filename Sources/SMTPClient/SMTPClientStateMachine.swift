import BgdemoEmail

/// The state of one connection to the mail server, without its socket and its clock: what happens goes in, what is to
/// be done comes out.
///
///     closed ── open ──▶ opening ── opened ──▶ authenticating ── 235 ──▶ idle ◀── 250 ── resetting
///                                                                        │ ▲                ▲
///                                                                  start │ │ reply to       │ refusal
///                                                                        ▼ │ the final dot  │
///                                                                       sending ────────────┘
///
/// Every state may end in closed.
struct SMTPClientStateMachine {
    enum State {
        case closed
        /// libcurl connects, says EHLO and begins TLS, for this request.
        case opening(SMTPRequest)
        case authenticating(SMTPRequest, SASLClient)
        /// Open, and free for a request.
        case idle
        case sending(SMTPRequest, MailTransaction)
        /// RSET is under way after a refusal (RFC 5321, section 4.1.1.5).
        case resetting
    }

    /// What the connection does next.
    enum Action {
        /// Waits; the time limit of the stage begins anew.
        case wait
        /// Sends these bytes and waits for the reply to them.
        case send([UInt8])
        /// Starts this request: the connection is open, and logged in where a login was given.
        case start(SMTPRequest, loggedInBy: SASLMechanism?)
        /// The request has this outcome. The connection is free.
        case finish(SMTPRequest, SendOutcome)
        /// The request has this outcome. These bytes go out before the next one.
        case finishAndSend(SMTPRequest, SendOutcome, [UInt8])
        /// Closes the connection.
        case close(Unfinished)
        /// Closes the connection and opens one that libcurl logs in on, by one of these mechanisms.
        case reopenForLibraryLogin(SMTPRequest, [SASLMechanism])
    }

    /// What a closed connection leaves.
    enum Unfinished {
        case nothing
        case finished(SMTPRequest, SendOutcome)
        /// Its mail was met by a connection that the server had closed: it goes out over a fresh one.
        case unsent(SMTPRequest)
    }

    private(set) var state = State.closed
    /// Whether the connection has carried a request before, so that the server may have closed it since.
    private var isReused = false
    /// Whether some of the bytes to send are not out yet: a reply that comes now is no answer to them.
    private var hasUnsent = false

    // MARK: - What it is asked

    var isOpening: Bool { if case .opening = state { true } else { false } }
    var isIdle: Bool { if case .idle = state { true } else { false } }
    var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Whether it works on a request.
    var isBusy: Bool {
        switch state {
        case .opening, .authenticating, .sending: true
        case .closed, .idle, .resetting: false
        }
    }

    /// The request that the connection works on.
    var request: SMTPRequest? {
        switch state {
        case .opening(let request), .authenticating(let request, _), .sending(let request, _): request
        case .closed, .idle, .resetting: nil
        }
    }

    /// How far the session has come; nil while libcurl opens it, which knows itself.
    var stage: SMTPFailure.Stage? {
        switch state {
        case .closed, .opening: nil
        case .authenticating: .auth
        case .idle, .resetting: .mail
        case .sending(_, let transaction): transaction.stage == .dot && hasUnsent ? .text : transaction.stage
        }
    }

    // MARK: - What happens to it

    /// It is opened for `request`.
    mutating func open(for request: SMTPRequest) {
        (state, isReused, hasUnsent) = (.opening(request), false, false)
    }

    /// libcurl has opened it.
    ///
    /// - Parameter login: Where there is something to log in to.
    mutating func opened(login: SASLClient?) -> Action {
        guard case .opening(let request) = state else { return close() }
        guard var login else {
            state = .idle
            return .start(request, loggedInBy: nil)
        }
        return follow(login.begin(), request, login)
    }

    /// libcurl could not open it, or it may not be used as it is.
    mutating func refuse(_ outcome: SendOutcome) -> Action {
        guard let request else { return close() }
        return close(.finished(request, outcome))
    }

    /// It has to be opened in another way for the same request.
    mutating func abandon() -> Action {
        guard let request else { return close() }
        return close(.unsent(request))
    }

    /// It is idle and begins to carry a mail.
    mutating func send(_ request: SMTPRequest, _ transaction: MailTransaction) -> Action {
        state = .sending(request, transaction)
        hasUnsent = true
        return .send(transaction.opening)
    }

    /// It is idle and a request was done without a mail: a probe, or a mail that this server can't carry.
    mutating func finish(_ request: SMTPRequest, _ outcome: SendOutcome) -> Action {
        becomeIdle()
        return .finish(request, outcome)
    }

    /// All bytes of the last ``Action/send(_:)`` are out.
    mutating func didSendAll() { hasUnsent = false }

    /// The server's next reply.
    ///
    /// - Parameter isLast: Whether nothing more has come after it.
    mutating func receive(_ reply: SMTPReply, isLast: Bool) -> Action {
        switch state {
        case .authenticating(let request, var login) where !hasUnsent && isLast:
            return follow(login.receive(reply), request, login)
        case .resetting where reply.isPositive && isLast:
            becomeIdle()
            return .wait
        case .sending(let request, let transaction) where hasUnsent:
            // The server refuses what is on its way, the text as a rule, and will not understand the rest of it.
            let refusal = reply.isRefusal ? reply.refusal(at: stage ?? transaction.stage) : nil
            if let refusal { return close(.finished(request, transaction.refusal ?? refusal)) }
            return lose("an unexpected reply: \(reply.text)")
        case .sending(let request, let transaction):
            return receive(reply, request, transaction, isLast)
        default:
            return lose("an unexpected reply: \(reply.text)")
        }
    }

    /// The connection is gone, or of no use any more. A mail on a connection that had been used before, and whose first
    /// command was not answered, was met by a server that had closed the connection: it deserves a fresh one, unless
    /// this is final. After the final dot nobody knows.
    mutating func lose(_ reason: String, isFinal: Bool = false, openingStage: SMTPFailure.Stage = .connect) -> Action {
        guard let request else { return close() }
        let stage = stage ?? openingStage
        if stage == .dot { return close(.finished(request, .unknown(SMTPFailure(.dot, reason)))) }
        if case .sending(_, let transaction) = state, let refusal = transaction.refusal {
            return close(.finished(request, refusal))
        }
        if isReused, stage == .mail, !isFinal { return close(.unsent(request)) }
        return close(.finished(request, .temporary(SMTPFailure(stage, reason))))
    }

    // MARK: - Transitions

    private mutating func follow(_ step: SASLClient.Step, _ request: SMTPRequest, _ login: SASLClient) -> Action {
        switch step {
        case .send(let bytes):
            (state, hasUnsent) = (.authenticating(request, login), true)
            return .send(bytes)
        case .loggedIn(let mechanism):
            state = .idle
            return .start(request, loggedInBy: mechanism)
        case .useLibrary(let mechanisms):
            _ = close()
            return .reopenForLibraryLogin(request, mechanisms)
        case .refused(let failure):
            return close(.finished(request, .temporary(failure)))
        }
    }

    private mutating func receive(
        _ reply: SMTPReply, _ request: SMTPRequest, _ transaction: MailTransaction, _ isLast: Bool
    ) -> Action {
        var transaction = transaction
        let step = transaction.receive(reply)
        state = .sending(request, transaction)
        switch step {
        case .wait:
            return .wait
        case .send(let bytes):
            hasUnsent = true
            return .send(bytes)
        case .end(let outcome, let keep, let reset):
            if isReused, reply.code == 421, outcome.failure?.stage == .mail { return close(.unsent(request)) }
            guard keep, isLast else { return close(.finished(request, outcome)) }
            guard reset else { return finish(request, outcome) }
            (state, hasUnsent) = (.resetting, true)
            return .finishAndSend(request, outcome, Array("RSET\r\n".utf8))
        }
    }

    private mutating func becomeIdle() { (state, isReused, hasUnsent) = (.idle, true, false) }

    private mutating func close(_ unfinished: Unfinished = .nothing) -> Action {
        (state, hasUnsent) = (.closed, false)
        return .close(unfinished)
    }
}
