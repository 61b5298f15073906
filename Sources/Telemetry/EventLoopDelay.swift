import Metrics
public import NIOCore

/// How late the event loops are: what is due in 100 ms is found to come in 100 ms and n. The talk's "how can you tell
/// if the event loop is blocked? See how long it takes for the next loop."
public enum EventLoopDelay {
    /// Measures every loop of the group for as long as it runs.
    public static func watch(_ group: any EventLoopGroup, every interval: TimeAmount = .milliseconds(100)) {
        let delay = Timer(label: "bgdemo_event_loop_delay_seconds")
        for loop in group.makeIterator() {
            measure(loop, every: interval, into: delay)
        }
    }

    private static func measure(_ loop: any EventLoop, every interval: TimeAmount, into delay: Timer) {
        let due = NIODeadline.now() + interval
        loop.scheduleTask(deadline: due) {
            delay.recordNanoseconds((NIODeadline.now() - due).nanoseconds)
            measure(loop, every: interval, into: delay)
        }
    }
}
