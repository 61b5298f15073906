import NIOCore

/// The one clock of a connection. Moving the deadline is an assignment; the timer is armed once and looks again when
/// it fires, so that a busy connection schedules next to nothing.
struct Deadline {
    private var deadline: NIODeadline?
    private var waiting: RequestDecoder.Waiting?
    private var writeDeadline: NIODeadline?
    private var timer: Scheduled<Void>?
    private var timerFires: NIODeadline = .distantFuture

    var isWriting: Bool { writeDeadline.map { $0 <= .now() } ?? false }

    /// What is waited for; the limit begins when that changes and is absolute until it changes again.
    mutating func wait(_ waiting: RequestDecoder.Waiting?, _ limits: Limits) {
        guard waiting != self.waiting || waiting == .forRequest else { return }
        self.waiting = waiting
        switch waiting {
        case nil: deadline = nil
        case .forRequest: deadline = .now() + TimeAmount(limits.idleTime)
        case .forHead: deadline = .now() + TimeAmount(limits.headTime)
        case .forBody: deadline = .now() + TimeAmount(limits.bodyTime)
        }
    }

    mutating func set(_ deadline: NIODeadline) {
        self.deadline = deadline
    }

    mutating func writing(until deadline: NIODeadline) {
        writeDeadline = writeDeadline ?? deadline
    }

    mutating func written() {
        writeDeadline = nil
    }

    mutating func cancel() {
        timer?.cancel()
        timer = nil
        timerFires = .distantFuture
    }

    /// Calls `expired` on the loop when the nearest deadline has passed.
    mutating func arm(on loop: any EventLoop, _ expired: @escaping @Sendable () -> Void) {
        guard let next = nearest, next < timerFires else { return }
        timer?.cancel()
        timerFires = next
        timer = loop.scheduleTask(deadline: next, expired)
    }

    private var nearest: NIODeadline? {
        switch (deadline, writeDeadline) {
        case (let deadline?, let writeDeadline?): min(deadline, writeDeadline)
        case (let deadline, let writeDeadline): deadline ?? writeDeadline
        }
    }

    /// Whether a deadline has really passed, now that the timer fired; it is to be armed again in either case.
    mutating func hasPassed() -> Bool {
        timer = nil
        timerFires = .distantFuture
        return nearest.map { $0 <= .now() } ?? false
    }
}
