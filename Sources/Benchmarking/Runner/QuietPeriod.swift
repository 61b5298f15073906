/// The wait for mails after the load.
public struct QuietPeriod: Sendable, Hashable {
    /// Once all accepted mails have come: the wait for copies. Default: 300 ms.
    public var linger: Duration
    /// Without a new mail: after this time the missing mails count as lost. Default: 5 s.
    public var quiet: Duration
    /// In all. Mails that are missing then, while others still come, count as pending. Default: 30 s.
    public var limit: Duration

    public init(linger: Duration = .milliseconds(300), quiet: Duration = .seconds(5), limit: Duration = .seconds(30)) {
        (self.linger, self.quiet, self.limit) = (linger, quiet, limit)
    }

    /// Waits from now, which is the end of the load and of all faults.
    ///
    /// - Returns: Whether the wait was complete; false if the limit was reached or the run was stopped.
    func wait(for recorder: DeliveryRecorder, _ stop: StopFlag) async -> Bool {
        var (waited, silence, last, look) = (Duration.zero, Duration.zero, recorder.lastArrival, DeliveryRecorder.now)
        while !stop.isSet, !Task.isCancelled {
            if silence >= (recorder.counts.backlog == 0 ? linger : quiet) { return true }
            if waited >= limit { return false }
            try? await Task.sleep(for: .milliseconds(20))
            // Time in which the machine slept or this process was suspended does not count.
            let step = min(Duration.nanoseconds(DeliveryRecorder.now - look), .milliseconds(250))
            look = DeliveryRecorder.now
            waited += step
            silence = recorder.lastArrival == last ? silence + step : .zero
            last = recorder.lastArrival
        }
        return false
    }
}
