public import Mail

/// How workers send what they have reserved: in turn, told and counted, one attempt at a time. Whether there is
/// another is for the strategy to say, which knows where the mail rests meanwhile.
public struct Delivery: Sendable {
    private let sender: any EmailSender
    private let journey: Journey
    private let throttle: Throttle

    public init(sender: any EmailSender, journey: Journey, throttle: Throttle) {
        (self.sender, self.journey, self.throttle) = (sender, journey, throttle)
    }

    /// Tries once.
    ///
    /// - Parameter number: Of the attempt: the first, the second, …
    /// - Returns: The server's reply.
    /// - Throws: ``NotSent``; ``Refusal`` where too many mails are under way; `CancellationError` before it was tried.
    @discardableResult
    public func attempt(_ email: Email, number: Int) async throws -> String {
        try await throttle.turn()
        let trip = try journey.depart(email)
        trip.attempted(number)
        let outcome = await sender.send(email)
        trip.ended(outcome)
        guard case .sent(let reply) = outcome else { throw NotSent(outcome: outcome) }
        return reply
    }
}

/// The mail was not sent, or perhaps not.
public struct NotSent: Error, Sendable, CustomStringConvertible {
    public let outcome: SendOutcome

    public init(outcome: SendOutcome) {
        self.outcome = outcome
    }

    /// Whether another attempt after this error may do better: not, where the server has said no for good, or where
    /// the mail was none.
    public static func isWorthRetrying(_ error: any Error) -> Bool {
        guard let notSent = error as? NotSent else { return error is Refusal }
        return if case .permanent = notSent.outcome { false } else { true }
    }

    public var description: String {
        switch outcome {
        case .sent: "sent"
        case .unknown(let failure): "perhaps sent: \(failure)"
        case .temporary(let failure), .permanent(let failure): "not sent: \(failure)"
        }
    }
}
