import BgdemoEmail

/// Something to do at the server, and what is called with its outcome.
enum SMTPRequest: Sendable {
    /// - Parameter isWanted: Asked before each part of the mail's text is sent, the part with the final dot among them.
    case mail(Email, isWanted: @Sendable () -> Bool, completion: @Sendable (SendOutcome) -> Void)
    /// To connect, and no more.
    case probe(completion: @Sendable (Result<SMTPCapabilities, SMTPFailure>) -> Void)

    /// Whether a mail is still to be sent.
    var isWanted: Bool {
        switch self {
        case .mail(_, let isWanted, _): isWanted()
        case .probe: true
        }
    }

    /// Calls the completion. `capabilities` is what a probe asks for, where all is well.
    func end(_ outcome: SendOutcome, _ capabilities: SMTPCapabilities = SMTPCapabilities()) {
        switch self {
        case .mail(_, _, let completion): completion(outcome)
        case .probe(let completion): completion(outcome.failure.map { .failure($0) } ?? .success(capabilities))
        }
    }
}
