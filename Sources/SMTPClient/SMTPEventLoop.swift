import BgdemoEmail
import BgdemoFoundations
import Logging

/// The client's thread: gives requests to connections, in order, and waits for what happens on them.
final class SMTPEventLoop {
    private let queue: SendQueue
    private let multi: CurlMulti
    private let server: SMTPServer
    private let from: Address
    private let limit: Int
    private let timeouts: SMTPTimeouts
    private let now: SMTPClientConnection.Clock
    private let caFile: String?
    private let logger: Logger
    private let clientName: String?
    /// Those that are open or opening.
    private var connections: [SMTPClientConnection] = []
    /// Those of them that are free. The last was used last.
    private var idle: [SMTPClientConnection] = []
    /// Closed ones, to be opened again.
    private var closed: [SMTPClientConnection] = []
    /// Whether no connection without TLS may be used: the policy, or what was seen of the server.
    private var requiresTLS: Bool
    /// The mechanism of the last login that worked.
    private var preferredMechanism: SASLMechanism?
    /// What libcurl is to log in by, where this client's own mechanisms are not enough.
    private var libraryMechanisms: [SASLMechanism] = []
    private var sessionFailures: SessionFailureLog

    init(
        queue: SendQueue, multi: CurlMulti, server: SMTPServer, from: Address, connections: Int, timeouts: SMTPTimeouts,
        now: @escaping SMTPClientConnection.Clock, caFile: String?, logger: Logger
    ) {
        self.queue = queue
        self.multi = multi
        self.server = server
        self.from = from
        self.limit = connections
        self.timeouts = timeouts
        self.now = now
        self.caFile = caFile
        self.logger = logger
        requiresTLS = server.tls == .required
        clientName = server.clientName ?? ClientHostName.full()
        sessionFailures = SessionFailureLog(server: server, logger: logger)
    }

    /// Works until the queue closes.
    func run() {
        while runOnce() {}
        for connection in connections {
            if connection.isIdle {
                connection.quit()
            } else {
                connection.lose("cut, because the SMTP client was closed", isFinal: true)
            }
            handleEvents(of: connection, reopens: false)
        }
        queue.finish()
    }

    /// Starts requests, waits, and handles what happened. False when the end has come.
    private func runOnce() -> Bool {
        startRequests()
        let now = now()
        let (closing, isEmpty) = queue.prepareToWait(wantsRequests: capacity > 0)
        if let closing, now >= closing || isEmpty && connections.allSatisfy({ !$0.isBusy }) { return false }
        let end = connections.reduce(closing) { min($0 ?? $1.deadline, $1.deadline) } ?? now + .seconds(3600)
        let wait = !isEmpty && capacity > 0 ? .zero : max(.zero, end - now) + .microseconds(999)
        do {
            try multi.wait(for: connections.lazy.map(\.curl), milliseconds: wait.milliseconds)
        } catch {
            logger.error("The SMTP client can't wait for its connections", metadata: ["error": "\(error.reason)"])
            for connection in connections {
                connection.lose(error.reason, isFinal: true)
                update(connection)
            }
        }
        if connections.contains(where: \.isOpening) { multi.perform() }
        let then = self.now()
        for connection in connections { advance(connection, then) }
        return true
    }

    /// How many requests could be started at once.
    private var capacity: Int { idle.count + limit - connections.count }

    private func startRequests() {
        for request in queue.dequeue(capacity) {
            if let connection = idle.popLast() {
                connection.isListedIdle = false
                connection.beginAttempt()
                connection.start(request, from: from)
                update(connection)
            } else {
                open(for: request)
            }
        }
    }

    private func advance(_ connection: SMTPClientConnection, _ now: ContinuousClock.Instant) {
        guard !connection.isClosed else { return }
        if connection.isOpening {
            connection.advanceOpening()
            handleEvents(of: connection)
        } else if connection.curl.isReady {
            connection.advance()
        }
        if !connection.isClosed, connection.deadline <= now { connection.expire() }
        update(connection)
    }

    // MARK: - What happened on a connection

    /// Handles the connection's events and puts it where it belongs.
    private func update(_ connection: SMTPClientConnection) {
        handleEvents(of: connection)
        if connection.isIdle, requiresTLS, !connection.curl.handshake.capabilities.isEncrypted { connection.quit() }
        if connection.isIdle != connection.isListedIdle {
            connection.isListedIdle = connection.isIdle
            if connection.isIdle { idle.append(connection) } else { idle.removeAll { $0 === connection } }
        }
        if connection.isClosed {
            connections.removeAll { $0 === connection }
            closed.append(connection)
        }
    }

    /// - Parameter reopens: Whether a request that was not sent gets a fresh connection.
    private func handleEvents(of connection: SMTPClientConnection, reopens: Bool = true) {
        var events = connection.takeEvents()[...]
        while let event = events.popFirst() {
            switch event {
            case .opened(let request): opened(connection, for: request)
            case .ready(let request, let mechanism):
                preferredMechanism = mechanism ?? preferredMechanism
                connection.start(request, from: from)
            case .finished(let request, let outcome):
                finish(request, outcome, connection.curl.handshake.capabilities)
            case .unsent(let request) where reopens:
                connection.open(for: request, plan)
            case .needsLibraryLogin(let request, let mechanisms) where reopens:
                libraryMechanisms = mechanisms
                connection.open(for: request, plan)
            case .unsent(let request), .needsLibraryLogin(let request, _):
                finish(request, .temporary(SMTPFailure(.connect, "the SMTP client was closed")), SMTPCapabilities())
            }
            events += connection.takeEvents()
        }
    }

    private func finish(_ request: SMTPRequest, _ outcome: SendOutcome, _ capabilities: SMTPCapabilities) {
        // A login by libcurl that was refused says nothing of this client's own, when the password has changed.
        if outcome.failure?.stage == .auth { libraryMechanisms = [] }
        queue.requestDidEnd(sessionFailures.note(outcome))
        request.end(outcome, capabilities)
    }

    // MARK: - Opening

    private func open(for request: SMTPRequest) {
        do throws(CurlError) {
            let connection =
                if let old = closed.popLast() { old } else {
                    try SMTPClientConnection(multi, timeouts: timeouts, now: now)
                }
            connections.append(connection)
            connection.beginAttempt()
            connection.open(for: request, plan)
        } catch {
            finish(request, .temporary(SMTPFailure(.connect, error.reason)), SMTPCapabilities())
        }
    }

    /// libcurl has opened a connection: may it be used as it is, and who logs in?
    private func opened(_ connection: SMTPClientConnection, for request: SMTPRequest) {
        let capabilities = connection.curl.handshake.capabilities
        logger.debug(
            "Connected to the mail server", metadata: ["server": "\(server)", "tls": "\(capabilities.isEncrypted)"])
        let isClear = server.tls == .offered && !capabilities.isEncrypted
        if isClear, capabilities.has("STARTTLS") {
            requiresTLS = true
            for other in idle where !other.curl.handshake.capabilities.isEncrypted {
                other.quit()
                update(other)
            }
            connection.abandon()
        } else if isClear, server.login != nil {
            connection.refuse(
                .temporary(
                    SMTPFailure(
                        .starttls, "the server offers no TLS, and a password goes into the clear with tls=off only")
                ))
        } else if connection.curl.logsIn {
            connection.begin(login: nil)
        } else {
            do throws(SMTPFailure) {
                connection.begin(login: try login(capabilities))
            } catch {
                connection.refuse(.temporary(error))
            }
        }
    }

    /// The login of a new connection, or nil where there is nothing to log in to.
    private func login(_ capabilities: SMTPCapabilities) throws(SMTPFailure) -> SASLClient? {
        guard let login = server.login else { return nil }
        return try SASLClient(
            login.credentials(), server.authentication, capabilities, preferred: preferredMechanism)
    }

    private var plan: CurlConnection.Plan {
        var plan = CurlConnection.Plan()
        (plan.scheme, plan.host, plan.port) = (server.scheme, server.host, server.port)
        plan.clientName = clientName
        plan.demandsTLS = server.scheme == .smtp && requiresTLS
        plan.caFile = caFile
        plan.stageMilliseconds = timeouts.stage.milliseconds
        plan.totalMilliseconds = timeouts.total.milliseconds
        if !libraryMechanisms.isEmpty, let credentials = try? server.login?.credentials() {
            plan.login = (credentials.user, credentials.secret, libraryMechanisms)
        }
        return plan
    }
}
