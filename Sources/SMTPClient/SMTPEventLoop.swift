import Logging
import BgdemoEmail

/// The courier's thread: gives errands to connections, in order, and waits for what happens on them.
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
    private let clientName: String
    /// Those that are open or opening.
    private var connections: [SMTPClientConnection] = []
    /// Those of them that are free. The last is the warmest.
    private var idle: [SMTPClientConnection] = []
    /// Closed ones, to be opened again.
    private var spare: [SMTPClientConnection] = []
    /// Whether no connection without TLS may be used: the policy, or what was seen of the server.
    private var insistsOnTLS: Bool

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
        insistsOnTLS = server.tls == .required
        clientName = server.clientName ?? ClientHostName.own
    }

    /// Works until the desk closes.
    func run() {
        while turn() {}
        for connection in connections {
            if connection.phase == .idle {
                connection.quit()
            } else {
                connection.lose("cut, because the courier was closed", isFinal: true)
            }
            tell(connection)
        }
        queue.shut()
    }

    /// Gives out errands, waits, and sees to what happened; false when the end has come.
    private func turn() -> Bool {
        startErrands()
        let now = now()
        let room = idle.count + limit - connections.count
        let (closing, isEmpty) = queue.sleep(hungry: room > 0)
        if let closing, now >= closing || isEmpty && connections.allSatisfy({ $0.errand == nil }) { return false }
        let end = connections.reduce(closing) { min($0 ?? $1.deadline, $1.deadline) } ?? now + .seconds(3600)
        let wait = !isEmpty && room > 0 ? .zero : max(.zero, end - now) + .microseconds(999)
        do {
            try multi.wait(for: connections.lazy.map(\.curl), milliseconds: wait.milliseconds)
        } catch {
            logger.error("Can't wait for the SMTP server: \(error.reason)")
            for connection in connections { drop(connection, error.reason) }
        }
        if connections.contains(where: { $0.phase == .opening }) { multi.perform() }
        let then = self.now()
        for connection in connections { see(to: connection, then) }
        connections.removeAll { $0.phase == .closed }
        return true
    }

    private func startErrands() {
        for errand in queue.take(idle.count + limit - connections.count) {
            if let connection = idle.popLast() {
                connection.take(errand)
                begin(on: connection)
                settle(connection)
            } else {
                open(for: errand)
            }
        }
    }

    private func see(to connection: SMTPClientConnection, _ now: ContinuousClock.Instant) {
        let before = connection.phase
        switch before {
        case .closed: return
        case .opening:
            connection.advanceOpening()
            if connection.phase == .idle { opened(connection) }
        case .idle, .sending, .resetting:
            if connection.curl.isReady { connection.advance() }
        }
        if connection.phase != .closed, connection.deadline <= now {
            connection.expire()
        }
        if before != .idle {
            settle(connection)
        } else if connection.phase == .closed {
            forget(connection)
        }
    }

    private func drop(_ connection: SMTPClientConnection, _ reason: String) {
        let wasIdle = connection.phase == .idle
        connection.lose(reason, isFinal: true)
        if wasIdle { forget(connection) } else { settle(connection) }
    }

    /// A connection that was not idle: is it now, or does it deserve to be opened anew?
    private func settle(_ connection: SMTPClientConnection) {
        tell(connection)
        switch connection.phase {
        case .opening, .sending, .resetting: break
        case .idle where insistsOnTLS && !connection.curl.opening.offer.isEncrypted:
            connection.quit()
            spare.append(connection)
        case .idle: idle.append(connection)
        case .closed where connection.errand != nil:
            connection.open(plan)
        case .closed: spare.append(connection)
        }
    }

    /// An idle connection has closed.
    private func forget(_ connection: SMTPClientConnection) {
        idle.removeAll { $0 === connection }
        spare.append(connection)
    }

    private func tell(_ connection: SMTPClientConnection) {
        guard let (errand, outcome) = connection.takeOutcome() else { return }
        queue.ended()
        errand.end(outcome, offer: connection.curl.opening.offer)
    }

    // MARK: - Opening

    private func open(for errand: SMTPRequest) {
        do throws(CurlMulti.Fault) {
            let connection =
                if let old = spare.popLast() { old } else {
                    try SMTPClientConnection(multi, timeouts: timeouts, now: now)
                }
            connections.append(connection)
            connection.take(errand)
            connection.open(plan)
        } catch {
            queue.ended()
            errand.end(.temporary(SMTPFailure(.connect, error.reason)))
        }
    }

    private func opened(_ connection: SMTPClientConnection) {
        let offer = connection.curl.opening.offer
        logger.debug("Connected to \(server)", metadata: ["tls": "\(offer.isEncrypted)"])
        guard server.tls == .offered, !offer.isEncrypted else { return begin(on: connection) }
        if offer.has("STARTTLS") {
            insistsOnTLS = true
            for clear in idle where !clear.curl.opening.offer.isEncrypted {
                clear.quit()
                forget(clear)
            }
            connection.reopen()
        } else if server.user != nil {
            connection.end(
                .temporary(
                    SMTPFailure(
                        .starttls, "the server offers no TLS, and a password goes into the clear with tls=off only")
                ))
        } else {
            begin(on: connection)
        }
    }

    private func begin(on connection: SMTPClientConnection) {
        switch connection.errand {
        case .mail(let email, _): connection.carry(email, from: from)
        case .probe: connection.endProbe()
        case nil: break
        }
    }

    private var plan: CurlConnection.Plan {
        let host = server.host.contains(":") ? "[\(server.host)]" : server.host
        let isClear = server.scheme == .smtp && !insistsOnTLS
        return CurlConnection.Plan(
            url: "\(server.scheme.rawValue)://\(host):\(server.port)/\(clientName)",
            login: isClear && server.tls != .off ? nil : server.login,
            demandsTLS: server.scheme == .smtp && insistsOnTLS,
            isTLSFirst: server.scheme == .smtps, caFile: caFile,
            stageMilliseconds: timeouts.stage.milliseconds, totalMilliseconds: timeouts.total.milliseconds)
    }
}
