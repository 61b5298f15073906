import BgdemoEmail
import Logging

/// Says once that the mail server refuses the session, and once that it no longer does, however many mails met it.
struct SessionFailureLog {
    private let server: SMTPServer
    private let logger: Logger
    /// What stands between this client and the server now; nil while sessions work.
    private(set) var failure: SMTPFailure?

    init(server: SMTPServer, logger: Logger) {
        self.server = server
        self.logger = logger
    }

    /// Notes how a request ended.
    ///
    /// - Returns: ``failure``.
    mutating func note(_ outcome: SendOutcome) -> SMTPFailure? {
        guard let failure = outcome.failure, failure.stage != .queue else {
            if case .sent = outcome { end() }
            return self.failure
        }
        guard failure.concernsSession else {
            end()
            return nil
        }
        if failure.stage != self.failure?.stage || failure.code != self.failure?.code {
            var metadata: Logger.Metadata = [
                "server": "\(server)", "stage": "\(failure.stage.rawValue)", "reason": "\(failure.reason)",
            ]
            if let code = failure.code { metadata["code"] = "\(code)" }
            logger.warning("The mail server can't be used", metadata: metadata)
        }
        self.failure = failure
        return failure
    }

    private mutating func end() {
        guard failure != nil else { return }
        failure = nil
        logger.notice("The mail server can be used again", metadata: ["server": "\(server)"])
    }
}
