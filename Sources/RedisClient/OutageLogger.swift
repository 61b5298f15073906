import BgdemoFoundations
package import Logging
import Synchronization

/// Logs that Redis is unavailable: each reason once, however many connections notice it and however often.
package final class OutageLogger: Sendable {
    private let reported = Mutex<Set<ByteString>>([])
    private let logger: Logger

    package init(_ url: RedisURL, _ logger: Logger) {
        var logger = logger
        logger[metadataKey: "redis"] = "\(url)"
        self.logger = logger
    }

    /// Whether it has logged an outage that has not ended.
    package var isReporting: Bool { !reported.withLock(\.isEmpty) }

    func report(_ error: RedisError) {
        let reason = error.cause
        // A server sends its own reasons: of many, the later ones are not logged.
        let isNew = reported.withLock { $0.count < 16 && $0.insert(ByteString(reason)).inserted }
        if isNew { logger.warning("Redis is unavailable", metadata: ["error": "\(reason)"]) }
    }

    func reportRecovery() {
        let wasReported = reported.withLock { reported in
            defer { reported = [] }
            return !reported.isEmpty
        }
        guard wasReported else { return }
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
