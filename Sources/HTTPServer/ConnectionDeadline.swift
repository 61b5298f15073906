import NIOCore

/// The time limits of a connection, with one timer. Moving a deadline is an assignment; the timer is armed once and looks
/// again when it fires, so that a busy connection schedules next to nothing.
struct ConnectionDeadline {
    private let limits: HTTPLimits
    private let loop: any EventLoop
    private var waiting: RequestDecoder.Waiting?
    private var reading: NIODeadline?
    private var writing: NIODeadline?
    private var timer: Scheduled<Void>?
    private var timerFires: NIODeadline = .distantFuture

    init(_ limits: HTTPLimits, on loop: any EventLoop) {
        self.limits = limits
        self.loop = loop
    }

    /// Sets what is waited for. Its limit begins when that changes, and is absolute until it changes again.
    mutating func wait(_ waiting: RequestDecoder.Waiting?) {
        guard waiting != self.waiting else { return }
        self.waiting = waiting
        reading = waiting.map { loop.now + TimeAmount(limit($0)) }
    }

    private func limit(_ waiting: RequestDecoder.Waiting) -> Duration {
        switch waiting {
        case .forRequest: limits.idleTime
        case .forHead: limits.headTime
        case .forBody: limits.bodyTime
        }
    }

    /// A request is whole: the next one has a limit of its own.
    mutating func restart() {
        waiting = nil
        reading = nil
    }

    /// The connection ends at the latest after `time`.
    mutating func end(in time: TimeAmount) {
        reading = loop.now + time
        writing = nil
    }

    /// A response was written. The client's time to read it runs from the first byte that it has not read.
    mutating func wrote() {
        writing = writing ?? loop.now + TimeAmount(limits.writeTime)
    }

    /// The client has read one write.
    mutating func written(all: Bool) {
        writing = all ? nil : loop.now + TimeAmount(limits.writeTime)
    }

    /// Whether it is the client's time to read a response that has passed.
    var isWriteLate: Bool { hasPassed(writing) }

    mutating func cancel() {
        timer?.cancel()
        timer = nil
        timerFires = .distantFuture
    }

    /// Whether the timer fires after the nearest deadline, or there is none yet.
    var isToBeArmed: Bool { nearest.map { $0 < timerFires } ?? false }

    /// Calls `expired` when the nearest deadline has passed.
    mutating func arm(_ expired: @escaping @Sendable () -> Void) {
        guard isToBeArmed, let next = nearest else { return }
        timer?.cancel()
        timerFires = next
        timer = loop.scheduleTask(deadline: next, expired)
    }

    private var nearest: NIODeadline? {
        switch (reading, writing) {
        case (let reading?, let writing?): min(reading, writing)
        case (let reading, let writing): reading ?? writing
        }
    }

    /// Whether a deadline has passed, now that the timer fired. Arm it again in either case.
    mutating func hasPassed() -> Bool {
        timer = nil
        timerFires = .distantFuture
        return hasPassed(nearest)
    }

    private func hasPassed(_ deadline: NIODeadline?) -> Bool { deadline.map { $0 <= loop.now } ?? false }
}
