public import BgdemoEmail
public import BgdemoFoundations

/// The attempts at one mail that failed.
public struct AttemptCounter: Sendable, Hashable {
    /// How often by what the mail server said of the mail, or did with it.
    public private(set) var failures = 0
    /// How often by what the mail does not cause, such as a refused login, since the last of ``failures``.
    public private(set) var outages = 0

    public init() {}

    /// Counts an attempt that failed.
    ///
    /// A mail is not given up for what the mail server says of the session: it waits until that is put right, and then has
    /// the attempts that it had. With one attempt only, it is given up all the same.
    ///
    /// - Returns: The wait before the mail is tried again, or nil where it is not.
    public mutating func delay(
        after outcome: SendOutcome, _ retry: RetryPolicy, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard outcome.isOutage else {
            (failures, outages) = (failures + 1, 0)
            if case .permanent = outcome { return nil }
            return retry.delay(afterFailures: failures, using: &generator)
        }
        outages += 1
        return retry.delay(afterOutages: outages, using: &generator)
    }
}

extension SendOutcome {
    /// Whether the mail was not tried, for a reason that any other mail would have met, too: the mail server, or the way to
    /// it, refused the session, or there was no room in the client's queue.
    public var isOutage: Bool {
        guard case .temporary(let failure) = self else { return false }
        return failure.concernsSession || failure.stage == .queue
    }
}
