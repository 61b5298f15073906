// One state machine, longer than other rooms: what may be sent on a connection, and whether it may be kept, follow from
// state that nobody outside this file can touch.

import BgdemoEmail

/// One connection to the server, from its opening on: carries one errand at a time, each with its limits of time.
///
/// Whoever calls a method of it looks afterwards at ``phase`` and ``takeOutcome()``.
final class SMTPClientConnection {
    typealias Instant = ContinuousClock.Instant
    /// What time it is.
    typealias Clock = @Sendable () -> Instant

    enum Phase {
        case opening
        /// Open, and free for an errand.
        case idle
        case sending
        /// After a refusal: RSET is under way (RFC 5321, section 4.1.1.5).
        case resetting
        /// Not open. Where there is an errand still, it deserves a fresh connection: see ``lose(_:isFinal:)``.
        case closed
    }

    let curl: CurlConnection
    private let timeouts: SMTPTimeouts
    private let now: Clock
    private(set) var phase = Phase.closed
    private(set) var errand: SMTPRequest?
    /// When the time is up for the stage, the attempt or the rest.
    private(set) var deadline: Instant
    private var attemptEnd: Instant
    private var openingStage = SMTPFailure.Stage.connect
    private var outcome: SendOutcome?
    private var transaction: MailTransaction?
    private var parser = SMTPReplyParser()
    private var outgoing: [UInt8] = []
    private var sent = 0
    /// Whether it has carried something before, so that the server may have closed it since.
    private var isUsed = false

    /// How long a connection waits for its next errand. Servers count those that idle against their clients.
    static let rest = Duration.seconds(10)

    init(_ multi: CurlMulti, timeouts: SMTPTimeouts, now: @escaping Clock) throws(CurlMulti.Fault) {
        curl = try CurlConnection(multi)
        self.timeouts = timeouts
        self.now = now
        (deadline, attemptEnd) = (now(), now())
    }

    /// The outcome that the errand has come to, once.
    func takeOutcome() -> (SMTPRequest, SendOutcome)? {
        guard let errand, let outcome else { return nil }
        (self.errand, self.outcome) = (nil, nil)
        return (errand, outcome)
    }

    var stage: SMTPFailure.Stage {
        guard let transaction else { return curl.stage }
        return transaction.stage == .dot && sent < outgoing.count ? .text : transaction.stage
    }

    // MARK: - Opening

    /// It is `errand`'s from now on, whose time begins.
    func take(_ errand: SMTPRequest) {
        self.errand = errand
        attemptEnd = now() + timeouts.total
    }

    /// Opens it for the errand that it has.
    func open(_ plan: CurlConnection.Plan) {
        (phase, isUsed, openingStage) = (.opening, false, .connect)
        setDeadline(timeouts.connect)
        do {
            try curl.open(plan)
        } catch {
            curl.fail(error)
        }
    }

    /// Looks how far the opening has come; each stage has its own time.
    func advanceOpening() {
        let stage = curl.stage
        if stage != openingStage {
            openingStage = stage
            setDeadline(timeouts.stage)
        }
        switch curl.result {
        case nil: break
        case .success:
            phase = .idle
            setDeadline(Self.rest)
        case .failure(let fault):
            end(curl.opening.outcome(stage: stage, fault.reason))
        }
    }

    /// Closes it so that it is opened in another way for the same errand.
    func reopen() {
        close()
    }

    /// Ends the errand: the connection is not fit for it.
    func end(_ outcome: SendOutcome) {
        self.outcome = outcome
        close()
    }

    /// Ends a probe, which wanted to see the connection open.
    func endProbe() {
        outcome = .sent(reply: curl.opening.offer.banner)
        goIdle()
    }

    // MARK: - Carrying

    /// Begins to send `email`, the errand. The connection is open and idle.
    func carry(_ email: Email, from: Address) {
        do {
            let transaction = try MailTransaction(
                MIMEMessage(email, from: from), from: from, to: email.to, offer: curl.opening.offer)
            self.transaction = transaction
            phase = .sending
            say(transaction.opening)
        } catch {
            outcome = .permanent(error)
            goIdle()
        }
    }

    /// Its socket is ready: sends what it takes, hears what has come. A server that closes the connection may have said
    /// why before, so the hearing comes first.
    func advance() {
        var faults: [CurlMulti.Fault] = []
        do { try flush() } catch { faults.append(error) }
        do { try curl.receive(into: &parser.bytes) } catch { faults.append(error) }
        do {
            while phase != .closed, let reply = try parser.next() { hear(reply) }
        } catch {
            lose(error.description)
        }
        if let fault = faults.first { lose(fault.reason) }
    }

    /// The time is up.
    func expire() {
        switch phase {
        case .idle: quit()
        case .opening:
            let stage = curl.stage
            end(.temporary(SMTPFailure(stage, "no answer in \(stage == .connect ? timeouts.connect : timeouts.stage)")))
        default:
            let isOver = now() >= attemptEnd
            lose(isOver ? "not done in \(timeouts.total)" : "no answer in \(limit(of: stage))", isFinal: true)
        }
    }

    /// The connection is gone, or of no use any more. A mail on a connection that had been used before, and whose first
    /// command was not answered, was met by a server that had closed the connection: it keeps its errand, for a fresh
    /// one, unless this is final. After the final dot nobody knows.
    func lose(_ reason: String, isFinal: Bool = false) {
        if errand != nil, outcome == nil {
            let stage = stage
            if stage == .dot {
                outcome = .unknown(SMTPFailure(.dot, reason))
            } else if let refusal = transaction?.refusal {
                outcome = refusal
            } else if !isUsed || stage != .mail || isFinal {
                outcome = .temporary(SMTPFailure(stage, reason))
            }
        }
        close()
    }

    /// Says good-bye and closes, where there is somebody to say it to.
    func quit() {
        if phase == .idle { _ = try? curl.send(Array("QUIT\r\n".utf8), from: 0) }
        close()
    }

    private func close() {
        curl.close()
        (phase, transaction, outgoing, sent) = (.closed, nil, [], 0)
        parser = SMTPReplyParser()
    }

    private func goIdle() {
        (phase, transaction, outgoing, sent) = (.idle, nil, [], 0)
        isUsed = true
        setDeadline(Self.rest)
    }

    private func hear(_ reply: SMTPReply) {
        switch phase {
        case .resetting where reply.isPositive && parser.isAtRest: goIdle()
        case .sending where sent < outgoing.count: endInText(reply)
        case .sending: hearInTransaction(reply)
        default: lose("the server said what nobody had asked for: \(reply.text)")
        }
    }

    private func hearInTransaction(_ reply: SMTPReply) {
        switch transaction?.receive(reply) {
        case .say(let bytes) where !parser.isAtRest:
            // What has come already is no answer to this: it would tell of a mail that nobody has.
            (outgoing, sent) = (bytes, 0)
        case .say(let bytes): say(bytes)
        case .wait: setDeadline(limit(of: stage))
        case .end(let outcome, let keep, let reset):
            if isUsed, reply.code == 421, outcome.failure?.stage == .mail {
                close()
                return
            }
            self.outcome = outcome
            if !keep || !parser.isAtRest {
                close()
            } else if reset {
                (phase, transaction) = (.resetting, nil)
                say(Array("RSET\r\n".utf8))
            } else {
                goIdle()
            }
        case nil: lose("the server said what nobody had asked for: \(reply.text)")
        }
    }

    /// A reply before what it would answer is out, the text as a rule: the server refuses it, and will not understand
    /// what is on its way.
    private func endInText(_ reply: SMTPReply) {
        if reply.isRefusal { outcome = reply.refusal(at: stage) }
        lose("an unexpected reply: \(reply.text)")
    }

    // MARK: - Bytes and time

    private func say(_ bytes: [UInt8]) {
        (outgoing, sent) = (bytes, 0)
        setDeadline(limit(of: stage))
        do { try flush() } catch { curl.wantsToSend = true }
    }

    private func flush() throws(CurlMulti.Fault) {
        let before = sent
        guard before < outgoing.count else { return }
        sent = try curl.send(outgoing, from: before)
        curl.wantsToSend = sent < outgoing.count
        if sent > before { setDeadline(limit(of: stage)) }
    }

    private func limit(of stage: SMTPFailure.Stage) -> Duration {
        stage == .dot ? timeouts.dot : timeouts.stage
    }

    private func setDeadline(_ limit: Duration) {
        let now = now()
        deadline = phase == .opening || phase == .sending ? min(now + limit, attemptEnd) : now + limit
    }
}
