import BgdemoEmail

/// One connection to the mail server: its socket and its limits of time. ``SMTPClientStateMachine`` says what may be
/// sent when.
///
/// The event loop takes ``takeEvents()`` after each call of a method.
final class SMTPClientConnection {
    typealias Instant = ContinuousClock.Instant
    /// Returns the time that it is.
    typealias Clock = @Sendable () -> Instant

    /// What the event loop has to act on.
    enum Event {
        /// libcurl has opened the connection.
        case opened(SMTPRequest)
        /// The connection waits for its request to be started.
        case ready(SMTPRequest, loggedInBy: SASLMechanism?)
        case finished(SMTPRequest, SendOutcome)
        /// The connection is closed, and the request was not sent.
        case unsent(SMTPRequest)
        /// The connection is closed. Another one is to be logged in on by libcurl.
        case needsLibraryLogin(SMTPRequest, [SASLMechanism])
    }

    let curl: CurlConnection
    /// Whether the event loop has it among the idle ones.
    var isListedIdle = false
    private let timeouts: SMTPTimeouts
    private let now: Clock
    private var machine = SMTPClientStateMachine()
    private var events: [Event] = []
    /// When the time is up for the stage, the attempt, or an idle connection.
    private(set) var deadline: Instant
    private var attemptEnd: Instant
    private var openingStage = SMTPFailure.Stage.connect
    private var parser = SMTPReplyParser()
    private var outgoing: [UInt8] = []
    private var sent = 0

    /// How long a connection waits for its next request. Servers count idle connections against their clients.
    static let idleTime = Duration.seconds(10)

    init(_ multi: CurlMulti, timeouts: SMTPTimeouts, now: @escaping Clock) throws(CurlError) {
        curl = try CurlConnection(multi)
        self.timeouts = timeouts
        self.now = now
        (deadline, attemptEnd) = (now(), now())
    }

    /// What has happened since the last call.
    func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    var isOpening: Bool { machine.isOpening }
    var isIdle: Bool { machine.isIdle }
    var isClosed: Bool { machine.isClosed }
    /// Whether it works on a request.
    var isBusy: Bool { machine.isBusy }

    // MARK: - Opening

    /// The time of a new request begins.
    func beginAttempt() { attemptEnd = now() + timeouts.total }

    /// Opens it for `request`.
    func open(for request: SMTPRequest, _ plan: CurlConnection.Plan) {
        machine.open(for: request)
        openingStage = .connect
        setDeadline(timeouts.connect)
        do {
            try curl.open(plan)
        } catch {
            curl.fail(error)
        }
    }

    /// Goes on opening it. Each stage has its own time limit.
    func advanceOpening() {
        curl.advance()
        if curl.stage != openingStage {
            openingStage = curl.stage
            setDeadline(timeouts.stage)
        }
        switch curl.result {
        case nil: break
        case .success: if let request = machine.request { events.append(.opened(request)) }
        case .failure(let error): refuse(curl.handshake.outcome(stage: curl.stage, error.reason))
        }
    }

    /// It is open. Logs in where there is something to log in to.
    func begin(login: SASLClient?) { perform(machine.opened(login: login)) }

    /// Closes it; its request has this outcome.
    func refuse(_ outcome: SendOutcome) { perform(machine.refuse(outcome)) }

    /// Closes it; its request is to be sent over another connection.
    func abandon() { perform(machine.abandon()) }

    // MARK: - Carrying

    /// Starts `request` on the idle connection.
    func start(_ request: SMTPRequest, from: Address) {
        switch request {
        case .probe:
            perform(machine.finish(request, .sent(reply: curl.handshake.capabilities.banner)))
        case .mail where !request.isWanted:
            perform(machine.finish(request, .unwanted))
        case .mail(let email, _, _):
            do {
                let transaction = try MailTransaction(
                    MIMEMessage(email, from: from), from: from, to: email.to,
                    capabilities: curl.handshake.capabilities)
                perform(machine.send(request, transaction))
            } catch {
                perform(machine.finish(request, .permanent(error)))
            }
        }
    }

    /// Its socket is ready: sends what it takes and reads what has come. A server that closes the connection may have
    /// said why before, so the replies come first.
    func advance() {
        var faults: [CurlError] = []
        do { try flush() } catch { faults.append(error) }
        do { try curl.receive(into: &parser.bytes) } catch { faults.append(error) }
        do {
            while !isClosed, let reply = try parser.next() {
                perform(machine.receive(reply, isLast: parser.isAtRest))
            }
        } catch {
            lose(error.description)
        }
        if let fault = faults.first, !isClosed { lose(fault.reason) }
    }

    /// The time is up.
    func expire() {
        switch machine.state {
        case .closed: break
        case .idle: quit()
        case .opening:
            let limit = curl.stage == .connect ? timeouts.connect : timeouts.stage
            refuse(.temporary(SMTPFailure(curl.stage, "no answer in \(limit)")))
        case .authenticating, .sending, .resetting:
            let isOver = now() >= attemptEnd
            lose(isOver ? "not done in \(timeouts.total)" : "no answer in \(limit)", isFinal: true)
        }
    }

    /// The connection is gone, or of no use any more.
    ///
    /// - Parameter isFinal: Whether its request ends with it, even where a fresh connection would help.
    func lose(_ reason: String, isFinal: Bool = false) {
        perform(machine.lose(reason, isFinal: isFinal, openingStage: curl.stage))
    }

    /// Says QUIT and closes.
    func quit() {
        if isIdle { _ = try? curl.send(Array("QUIT\r\n".utf8), from: 0) }
        perform(machine.abandon())
    }

    private func perform(_ action: SMTPClientStateMachine.Action) {
        switch action {
        case .wait:
            setDeadline(limit)
        case .send(let bytes):
            send(bytes)
        case .start(let request, let mechanism):
            events.append(.ready(request, loggedInBy: mechanism))
        case .finish(let request, let outcome):
            events.append(.finished(request, outcome))
            setDeadline(limit)
        case .finishAndSend(let request, let outcome, let bytes):
            events.append(.finished(request, outcome))
            send(bytes)
        case .close(let unfinished):
            close()
            switch unfinished {
            case .nothing: break
            case .finished(let request, let outcome): events.append(.finished(request, outcome))
            case .unsent(let request): events.append(.unsent(request))
            }
        case .reopenForLibraryLogin(let request, let mechanisms):
            close()
            events.append(.needsLibraryLogin(request, mechanisms))
        }
    }

    private func close() {
        curl.close()
        (outgoing, sent) = ([], 0)
        parser = SMTPReplyParser()
    }

    // MARK: - Bytes and time

    private func send(_ bytes: [UInt8]) {
        (outgoing, sent) = (bytes, 0)
        setDeadline(limit)
        // What has come already is no answer to these bytes: the state machine refuses it before they go out.
        guard parser.isAtRest else { return }
        do { try flush() } catch { curl.wantsToSend = true }
    }

    private func flush() throws(CurlError) {
        let before = sent
        guard before < outgoing.count else { return }
        if machine.stage == .text, let request = machine.request, !request.isWanted {
            throw CurlError(reason: "the mail is not wanted any more")
        }
        sent = try curl.send(outgoing, from: before)
        curl.wantsToSend = sent < outgoing.count
        if sent == outgoing.count { machine.didSendAll() }
        if sent > before { setDeadline(limit) }
    }

    /// The time limit of the stage.
    private var limit: Duration {
        if isIdle { return Self.idleTime }
        return machine.stage == .dot ? timeouts.dot : timeouts.stage
    }

    private func setDeadline(_ limit: Duration) {
        let now = now()
        deadline = isBusy ? min(now + limit, attemptEnd) : now + limit
    }
}
