import BgdemoFoundations
public import Logging
public import BgdemoEmail
import Metrics
import Synchronization

/// The mails that this process is sending: logs and counts each, and bounds their number and their bytes.
public final class DeliveryTracker: Sendable {
    private struct State {
        var inFlight = 0
        var bytes = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// 128 MiB.
    public static let defaultByteLimit = 128 << 20

    private let limit: Int
    private let byteLimit: Int
    private let state = Mutex(State())
    private let store = Mutex<(any MailStatusStore)?>(nil)
    fileprivate let logger: Logger
    fileprivate let meters = DeliveryMeters()

    /// - Parameters:
    ///   - limit: How many mails may be in flight; past it ``begin(_:)`` refuses. Default: 100,000.
    ///   - byteLimit: How many bytes of memory they may take; past it ``begin(_:)`` refuses. Default: 128 MiB.
    public init(logger: Logger, limit: Int = 100_000, byteLimit: Int = defaultByteLimit) {
        self.logger = logger
        self.limit = limit
        self.byteLimit = byteLimit
    }

    /// The tracker of a process with this role.
    ///
    /// A process that only works refuses none of the mails that it may have in hand, however large: they were accepted
    /// elsewhere, where they were counted.
    public convenience init(logger: Logger, work: WorkSettings, role: Role) {
        guard role == .worker else {
            self.init(logger: logger, limit: work.backlog)
            return
        }
        let (largest, isTooMuch) = work.concurrency.multipliedReportingOverflow(by: Email.maximumMemoryBytes)
        self.init(
            logger: logger, limit: max(work.backlog, work.concurrency),
            byteLimit: isTooMuch ? .max : max(Self.defaultByteLimit, largest))
    }

    /// A mail was accepted. It is in flight until its attempt is finished.
    ///
    /// - Throws: ``AcceptError/full(_:retryAfter:)`` where too many mails are in flight.
    public func begin(_ email: Email) throws(AcceptError) -> DeliveryAttempt {
        let bytes = email.memoryBytes
        let reason: String? = state.withLock { state in
            guard state.inFlight < limit else { return "\(limit) mails are under way, which is the limit here" }
            guard state.bytes + bytes <= byteLimit else {
                return "mails of \(byteLimit) bytes are under way, which is the limit here"
            }
            state.inFlight += 1
            state.bytes += bytes
            meters.inFlight.record(state.inFlight)
            return nil
        }
        if let reason { throw .full(reason, retryAfter: .seconds(1)) }
        meters.accepted.increment()
        logger.debug("\(DeliveryReport.Event.accepted.sentence)\(email.to)", metadata: ["id": "\(email.id)"])
        return DeliveryAttempt(tracker: self, email: email)
    }

    /// Returns when no mail is in flight.
    public func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.inFlight > 0 { state.waiters.append(continuation) }
                return state.inFlight == 0
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Where it is noted what becomes of the mails; nil for nowhere. Default: nil.
    public var statuses: (any MailStatusStore)? {
        get { store.withLock { $0 } }
        set { store.withLock { $0 = newValue } }
    }

    public var inFlight: Int { state.withLock(\.inFlight) }

    fileprivate func attemptDidFinish(_ email: Email) {
        let waiters = state.withLock { state in
            state.inFlight -= 1
            state.bytes -= email.memoryBytes
            meters.inFlight.record(state.inFlight)
            guard state.inFlight == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension Email {
    /// The memory that the mail takes, about: its text, its other fields, and what is kept of each mail.
    package var memoryBytes: Int { text.utf8.count + subject.utf8.count + to.text.utf8.count + 512 }

    /// More than any mail takes.
    static var maximumMemoryBytes: Int { maximumTextBytes + 4096 }
}

/// The sending of one mail, from its acceptance to its outcome. A worker may try several times in it.
public struct DeliveryAttempt: Sendable {
    private let tracker: DeliveryTracker
    private let began = ContinuousClock.now
    public let email: Email

    fileprivate init(tracker: DeliveryTracker, email: Email) {
        self.tracker = tracker
        self.email = email
    }

    /// Logs that the mail is tried for the first, second, … time.
    public func logTry(_ number: Int) {
        tracker.logger.debug(
            "\(DeliveryReport.Event.tried.sentence)\(email.to)",
            metadata: ["id": "\(email.id)", "attempt": "\(number)"])
    }

    /// Logs and counts the outcome. Call it once.
    ///
    /// - Parameters:
    ///   - attempts: At the mail until now. Default: 1.
    ///   - isRetried: Whether there will be another attempt. Default: false.
    ///   - logsOutcome: Whether the outcome is in the log for everybody, else for debugging. Default: it is.
    public func finish(
        _ outcome: SendOutcome, attempts: Int = 1, isRetried: Bool = false, logsOutcome: Bool = true
    ) {
        let time = ContinuousClock.now - began
        tracker.meters.record(outcome, after: time)
        log(outcome, after: time, isRetried: isRetried, logsOutcome)
        record(outcome, attempts: attempts, isRetried: isRetried)
        tracker.attemptDidFinish(email)
    }

    /// Notes the outcome for `GET /mails/ID`, of a mail that stays in flight.
    public func record(_ outcome: SendOutcome, attempts: Int, isRetried: Bool) {
        tracker.statuses?.record(MailStatus(outcome, attempts: attempts, isRetried: isRetried), email.id)
    }

    private func log(_ outcome: SendOutcome, after time: Duration, isRetried: Bool, _ logsOutcome: Bool) {
        let logger = tracker.logger
        var metadata: Logger.Metadata {
            ["id": "\(email.id)", "ms": "\(time.milliseconds)", "retried": "\(isRetried)"]
        }
        switch outcome {
        case .sent(let reply):
            logger.log(
                level: logsOutcome ? .info : .debug,
                "\(DeliveryReport.Event.sent.sentence)\(email.to.text) in \(time.milliseconds) ms",
                metadata: ["id": .string(email.id.description), "reply": .string(reply)])
        case .unknown(let failure):
            logger.log(
                level: logsOutcome ? .warning : .debug,
                "\(DeliveryReport.Event.perhapsSent.sentence)\(email.to): \(failure)", metadata: metadata)
        case .temporary(let failure), .permanent(let failure):
            // An outage is logged once for all mails that wait for its end.
            logger.log(
                level: !logsOutcome || isRetried && outcome.isOutage ? .debug : .error,
                "\(DeliveryReport.Event.failed.sentence)\(email.to): \(failure)", metadata: metadata)
        }
    }
}
