public import BgdemoEmail
import BgdemoFoundations

/// How workers send the mails that they have reserved: throttled, logged and counted, one attempt a call. The strategy
/// decides whether there is another, and keeps the mail until then.
public struct Delivery: Sendable {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let throttle: Throttle
    private let attempts: Int

    /// - Parameter attempts: How many attempts a mail has. Default: 8.
    public init(sender: any EmailSender, tracker: DeliveryTracker, throttle: Throttle, attempts: Int = 8) {
        (self.sender, self.tracker, self.throttle, self.attempts) = (sender, tracker, throttle, attempts)
    }

    /// Tries to send the mail once.
    ///
    /// - Parameters:
    ///   - number: Of the attempt, from 1.
    ///   - isWanted: Whether the mail is still the caller's to send, asked last right before its final dot. Default: always.
    ///   - logsOutcome: Whether the log says what became of the mail, which is for those whose caller does not log it.
    ///     Default: it does.
    /// - Returns: The server's reply.
    /// - Throws: ``SendError``; ``AcceptError`` where too many mails are under way; `CancellationError` before it was tried, or where
    ///   it was not sent because it was not wanted any more.
    @discardableResult
    public func attempt(
        _ email: Email, number: Int, logsOutcome: Bool = true, while isWanted: @escaping @Sendable () -> Bool = { true }
    ) async throws -> String {
        try await throttle.acquire()
        let attempt = try tracker.begin(email)
        attempt.logTry(number)
        let outcome = await sender.send(email, while: isWanted)
        attempt.finish(
            outcome, attempts: number, isRetried: isRetried(outcome, number), logsOutcome: logsOutcome)
        switch outcome {
        case .sent(let reply): return reply
        case .temporary where !isWanted(): throw CancellationError()
        default: throw SendError(outcome: outcome)
        }
    }
}

extension Delivery {
    private func isRetried(_ outcome: SendOutcome, _ number: Int) -> Bool {
        switch outcome {
        case .sent, .permanent: false
        case .temporary, .unknown: attempts > 1 && (outcome.isOutage || number < attempts)
        }
    }
}

/// The mail was not sent, or perhaps not.
public struct SendError: Error, Sendable, CustomStringConvertible {
    public let outcome: SendOutcome

    public init(outcome: SendOutcome) {
        self.outcome = outcome
    }

    /// Whether another attempt after this error may succeed. Not where the server refused the mail for good, nor where the
    /// mail is invalid.
    public static func isWorthRetrying(_ error: any Error) -> Bool {
        guard let sendError = error as? SendError else { return error is AcceptError }
        return if case .permanent = sendError.outcome { false } else { true }
    }

    /// Whether the error is no fault of the mail, which waits until the fault is gone: the attempt does not count.
    public static func isOutage(_ error: any Error) -> Bool {
        guard let sendError = error as? SendError else { return error is AcceptError }
        return sendError.outcome.isOutage
    }

    public var description: String {
        switch outcome {
        case .sent: "sent"
        case .unknown(let failure): "\(Self.perhapsSent)\(failure)"
        case .temporary(let failure), .permanent(let failure): "\(Self.notSent)\(failure)"
        }
    }

    private static let (perhapsSent, notSent) = ("perhaps sent: ", "not sent: ")

    /// Whether a text is the ``description`` of such an error.
    public static func describes(_ text: String) -> Bool {
        text.hasBytePrefix(perhapsSent) || text.hasBytePrefix(notSent)
    }
}
