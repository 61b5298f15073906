import BgdemoEmail

/// Something to do at the server, and whom to tell what became of it.
enum SMTPRequest: Sendable {
    case mail(Email, tell: @Sendable (SendOutcome) -> Void)
    /// To connect, and no more.
    case probe(tell: @Sendable (Result<SMTPCapabilities, SMTPFailure>) -> Void)

    /// Tells what became of it. `offer` is what a probe asks for, where all is well.
    func end(_ outcome: SendOutcome, offer: SMTPCapabilities = SMTPCapabilities()) {
        switch self {
        case .mail(_, let tell): tell(outcome)
        case .probe(let tell): tell(outcome.failure.map { .failure($0) } ?? .success(offer))
        }
    }
}
