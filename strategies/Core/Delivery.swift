public import BgdemoEmail

/// How workers send the mails that they have reserved: throttled, logged and counted, one attempt a call. The strategy
/// decides whether there is another, and keeps the mail until then.
public struct Delivery: Sendable {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let throttle: Throttle

    public init(sender: any EmailSender, tracker: DeliveryTracker, throttle: Throttle) {
        (self.sender, self.tracker, self.throttle) = (sender, tracker, throttle)
    }

    /// Tries to send the mail once.
    ///
    /// - Parameter number: Of the attempt, from 1.
    /// - Returns: The server's reply.
    /// - Throws: ``SendError``; ``AcceptError`` where too many mails are under way; `CancellationError` before it was tried.
    @discardableResult
    public func attempt(_ email: Email, number: Int) async throws -> String {
        try await throttle.acquire()
        let attempt = try tracker.begin(email)
        attempt.logTry(number)
        let outcome = await sender.send(email)
        attempt.finish(outcome)
        guard case .sent(let reply) = outcome else { throw SendError(outcome: outcome) }
        return reply
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

    public var description: String {
        switch outcome {
        case .sent: "sent"
        case .unknown(let failure): "perhaps sent: \(failure)"
        case .temporary(let failure), .permanent(let failure): "not sent: \(failure)"
        }
    }
}
