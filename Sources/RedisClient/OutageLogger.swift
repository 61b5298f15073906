import Logging
import Synchronization

/// Logs that Redis is unavailable: once, however many connections notice it and however often.
final class OutageLogger: Sendable {
    private let reported = Mutex<String?>(nil)
    private let logger: Logger

    init(_ url: RedisURL, _ logger: Logger) {
        var logger = logger
        logger[metadataKey: "redis"] = "\(url)"
        self.logger = logger
    }

    func report(_ error: RedisError) {
        let reason = error.cause
        let isNew = reported.withLock { reported in
            defer { reported = reason }
            return reported != reason
        }
        if isNew { logger.warning("Redis is unavailable", metadata: ["error": "\(reason)"]) }
    }

    func reportRecovery() {
        guard reported.withLock({ $0.take() }) != nil else { return }
        logger.notice("Redis is available again")
    }
}

extension RedisError {
    /// What happened, without its meaning for a command.
    var cause: String {
        switch self {
        case .unavailable(let why), .connectionLost(let why), .protocolViolation(let why): why
        case .timedOut: "it did not answer in time"
        case .reply(let error): error.description
        case .queueFull, .cancelled, .closed: description
        }
    }
}
