import BgdemoFoundations
public import Logging
public import BgdemoEmail
import Metrics
import Synchronization

/// The journeys of the mails of this process: each is told in log lines and counted, and their number is bounded.
public final class DeliveryTracker: Sendable {
    private struct State {
        var inFlight = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let limit: Int
    private let state = Mutex(State())
    fileprivate let logger: Logger
    fileprivate let meters = DeliveryMeters()

    /// - Parameter limit: How many mails may be under way at once; past it ``begin(_:)`` refuses.
    public init(logger: Logger, limit: Int = 100_000) {
        self.logger = logger
        self.limit = limit
    }

    /// A mail was accepted and is under way, until its trip ends.
    public func begin(_ email: Email) throws(AcceptError) -> DeliveryAttempt {
        let departs = state.withLock { state in
            guard state.inFlight < limit else { return false }
            state.inFlight += 1
            meters.inFlight.record(state.inFlight)
            return true
        }
        guard departs else {
            throw .full("\(limit) mails are under way, which is the limit here", retryAfter: .seconds(1))
        }
        meters.accepted.increment()
        logger.debug("Accepted an email to \(email.to)", metadata: ["id": "\(email.id)"])
        return DeliveryAttempt(tracker: self, email: email)
    }

    /// Returns when no mail is under way.
    public func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.inFlight > 0 { state.waiting.append(continuation) }
                return state.inFlight == 0
            }
            if isIdle { continuation.resume() }
        }
    }

    public var inFlight: Int { state.withLock(\.inFlight) }

    fileprivate func attemptDidFinish() {
        let waiting = state.withLock { state in
            state.inFlight -= 1
            meters.inFlight.record(state.inFlight)
            guard state.inFlight == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// One mail's journey from its acceptance to its end.
public struct DeliveryAttempt: Sendable {
    private let tracker: DeliveryTracker
    private let began = ContinuousClock.now
    public let email: Email

    fileprivate init(tracker: DeliveryTracker, email: Email) {
        self.tracker = tracker
        self.email = email
    }

    /// One attempt begins, the first, second, …
    public func logTry(_ number: Int) {
        tracker.logger.debug(
            "Trying to send an email to \(email.to)", metadata: ["id": "\(email.id)", "attempt": "\(number)"])
    }

    /// The journey is over; to be called once.
    public func finish(_ outcome: SendOutcome) {
        let time = ContinuousClock.now - began
        tracker.meters.record(outcome, after: time)
        tell(outcome, milliseconds: time.milliseconds)
        tracker.attemptDidFinish()
    }

    private func tell(_ outcome: SendOutcome, milliseconds: Int) {
        let logger = tracker.logger
        switch outcome {
        case .sent(let reply):
            logger.info(
                "Sent an email to \(email.to.text) in \(milliseconds) ms",
                metadata: ["id": .string(email.id.description), "reply": .string(reply)])
        case .unknown(let failure):
            logger.warning("Perhaps sent an email to \(email.to): \(failure)", metadata: metadata(milliseconds))
        case .temporary(let failure), .permanent(let failure):
            logger.error("Failed to send an email to \(email.to): \(failure)", metadata: metadata(milliseconds))
        }
    }

    private func metadata(_ milliseconds: Int) -> Logger.Metadata { ["id": "\(email.id)", "ms": "\(milliseconds)"] }
}
