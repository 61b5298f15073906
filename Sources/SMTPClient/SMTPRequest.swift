import BgdemoEmail

/// Something to do at the server, and what is called with its outcome.
enum SMTPRequest: Sendable {
    case mail(Email, completion: @Sendable (SendOutcome) -> Void)
    /// To connect, and no more.
    case probe(completion: @Sendable (Result<SMTPCapabilities, SMTPFailure>) -> Void)

    /// Calls the completion. `capabilities` is what a probe asks for, where all is well.
    func end(_ outcome: SendOutcome, _ capabilities: SMTPCapabilities = SMTPCapabilities()) {
        switch self {
        case .mail(_, let completion): completion(outcome)
        case .probe(let completion): completion(outcome.failure.map { .failure($0) } ?? .success(capabilities))
        }
    }
}
