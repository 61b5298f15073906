import NIOCore

/// One deadline of a connection. Moving it is an assignment; the timer is armed once and looks again when it fires,
/// so that a busy connection schedules next to nothing.
struct DeadlineTimer {
    private var deadline = NIODeadline.distantFuture
    private var timer: Scheduled<Void>?
    private var fires = NIODeadline.distantFuture

    mutating func set(_ deadline: NIODeadline) {
        self.deadline = deadline
    }

    /// Calls `action` on the loop when the deadline has passed, or somewhat before: see ``hasPassed()``.
    mutating func arm(on loop: any EventLoop, _ action: @escaping @Sendable () -> Void) {
        guard deadline < fires else { return }
        timer?.cancel()
        fires = deadline
        timer = loop.scheduleTask(deadline: deadline, action)
    }

    /// Whether the deadline has really passed, now that the timer fired; if not, it is to be armed again.
    mutating func hasPassed() -> Bool {
        timer = nil
        fires = .distantFuture
        return deadline <= .now()
    }

    mutating func cancel() {
        timer?.cancel()
        timer = nil
        fires = .distantFuture
    }
}
