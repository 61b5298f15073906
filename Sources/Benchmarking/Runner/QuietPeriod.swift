/// How long is waited for mails after the load.
public struct QuietPeriod: Sendable, Hashable {
    /// After the last mail that was awaited: for copies of it.
    public var linger: Duration
    /// Without any mail, until those that have not come count as lost.
    public var quiet: Duration
    /// In all. Mails that have not come then, while others still do, count as pending.
    public var limit: Duration

    public init(linger: Duration = .milliseconds(300), quiet: Duration = .seconds(5), limit: Duration = .seconds(30)) {
        (self.linger, self.quiet, self.limit) = (linger, quiet, limit)
    }

    /// Waits from now, which is the end of the load and of all that befell it.
    ///
    /// - Returns: Whether nothing more is to be expected; false where the limit was reached, or somebody said stop.
    func wait(for recorder: DeliveryRecorder, _ stop: StopFlag) async -> Bool {
        var (waited, silence, last, look) = (Duration.zero, Duration.zero, recorder.lastArrival, DeliveryRecorder.now)
        while !stop.isSet, !Task.isCancelled {
            if silence >= (recorder.counts.backlog == 0 ? linger : quiet) { return true }
            if waited >= limit { return false }
            try? await Task.sleep(for: .milliseconds(20))
            // While the machine slept, or this process was stopped, nobody has waited.
            let step = min(Duration.nanoseconds(DeliveryRecorder.now - look), .milliseconds(250))
            look = DeliveryRecorder.now
            waited += step
            silence = recorder.lastArrival == last ? silence + step : .zero
            last = recorder.lastArrival
        }
        return false
    }
}
