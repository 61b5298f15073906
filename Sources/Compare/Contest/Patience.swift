/// How long is waited for mails after the load.
public struct Patience: Sendable, Hashable {
    /// After the last mail that was awaited: for copies of it.
    public var linger: Duration
    /// Without any mail, until those that have not come count as lost.
    public var quiet: Duration
    /// In all. Mails that have not come then, while others still do, count as pending.
    public var limit: Duration

    public init(linger: Duration = .milliseconds(300), quiet: Duration = .seconds(5), limit: Duration = .seconds(30)) {
        (self.linger, self.quiet, self.limit) = (linger, quiet, limit)
    }

    /// - Parameter end: When the last answer had come, by the system's clock.
    /// - Returns: Whether nothing more is to be expected; false where the limit was reached, or somebody said stop.
    func wait(for ledger: Ledger, since end: Int64, _ stop: StopFlag) async -> Bool {
        while !stop.isSet, !Task.isCancelled {
            let now = Ledger.now
            let silence = Duration.nanoseconds(now - max(end, ledger.lastArrival))
            if silence >= (ledger.counts.backlog == 0 ? linger : quiet) { return true }
            if .nanoseconds(now - end) >= limit { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}
