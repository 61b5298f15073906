public import BgdemoEmail
public import BgdemoFoundations

extension RetryPolicy {
    /// The wait before a mail is tried again, or nil where it is not.
    ///
    /// A mail is not given up for what the mail server says of the session, such as a refused login: it waits until that is
    /// put right, by the longest wait that its attempts have come to. With one attempt only, it is given up all the same.
    ///
    /// - Parameter number: Attempts at the mail until now.
    public func delay(
        after outcome: SendOutcome, attempts number: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        if case .permanent = outcome { return nil }
        let concernsSession = outcome.failure?.concernsSession == true && attempts > 1
        return delay(afterFailures: concernsSession ? min(number, attempts - 1) : number, using: &generator)
    }
}
