import DequeModule
import NIOCore

/// Commands over a line: sent in order, answered in order, each within its time. All state belongs to the event loop.
final class CommandQueue: ReconnectingConnectionDelegate {
    private struct Outage {
        var why: RedisError
        /// Until then commands wait; from then on they fail at once.
        var end: NIODeadline
    }

    private let connection: ReconnectingConnection
    private let options: RedisOptions
    private let isUp: AtomicFlag
    /// Sent; the first of them gets the next reply.
    private var sent = Deque<PendingCommand>()
    /// Not sent, as the line is down.
    private var waiting = Deque<PendingCommand>()
    private var outage: Outage?
    private var commands = 0
    private var bytes = 0
    private var out = ByteBuffer()
    /// The command in `out` that others have before them as well.
    private var shared: ByteBuffer?
    private var isFlushDue = false
    private var isClosed = false
    private var timer: (due: NIODeadline, scheduled: Scheduled<Void>)?

    init(_ connection: ReconnectingConnection, _ options: RedisOptions, _ isUp: AtomicFlag) {
        self.connection = connection
        self.options = options
        self.isUp = isUp
        outage = Outage(
            why: .unavailable("\(connection.url) is being connected to"),
            end: .now() + TimeAmount(options.unavailableTimeout))
    }

    func start() {
        connection.open(for: self)
    }

    func close() {
        isClosed = true
        isUp.set(false)
        connection.close()
        failSent(.closed)
        failWaiting(.closed)
        timer?.scheduled.cancel()
    }

    // MARK: Commands

    func submit(_ pending: PendingCommand) {
        var pending = pending
        if let refusal = refusal(of: pending) { return pending.fail(refusal) }
        commands += pending.count
        bytes += pending.size
        if let outage {
            waiting.append(pending)
            schedule(outage.end)
        } else {
            send(pending)
        }
    }

    private func refusal(of pending: PendingCommand) -> RedisError? {
        if isClosed { return .closed }
        if pending.isCancelled.isSet { return .cancelled(mayHaveRun: false) }
        if let outage, outage.end <= .now() { return outage.why }
        if commands + pending.count > options.pendingCommandLimit {
            return .queueFull("\(options.pendingCommandLimit) commands is the limit here")
        }
        if bytes + pending.size > options.pendingByteLimit {
            return .queueFull("\(options.pendingByteLimit) bytes is the limit here")
        }
        return nil
    }

    private func send(_ pending: PendingCommand) {
        var pending = pending
        if let other = pending.other, other != shared { share(other, pending.timeLimit) }
        pending.send(into: &out, at: .now())
        sent.append(pending)
        schedule(pending.deadline)
        guard !isFlushDue else { return }
        isFlushDue = true
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        // What else this tick of the loop sends goes in the same write.
        connection.loop.execute { bound.value.flush() }
    }

    private func share(_ command: ByteBuffer, _ timeLimit: Duration) {
        shared = command
        var pending = PendingCommand(command, count: 1, timeLimit, isBlocking: false, AtomicFlag(), .abandoned)
        commands += 1
        bytes += pending.size
        pending.send(into: &out, at: .now())
        sent.append(pending)
    }

    private func flush() {
        isFlushDue = false
        shared = nil
        guard out.readableBytes > 0 else { return }
        let size = out.readableBytes
        connection.write(out)
        out = ByteBufferAllocator().buffer(capacity: min(size, 1 << 16))
    }

    func cancel(_ isCancelled: AtomicFlag) {
        if let place = waiting.firstIndex(where: { $0.isCancelled === isCancelled }) {
            var pending = waiting.remove(at: place)
            release(pending)
            pending.fail(.cancelled(mayHaveRun: false))
        } else if let place = sent.firstIndex(where: { $0.isCancelled === isCancelled }) {
            // It keeps its place: its replies will come.
            sent[place].fail(.cancelled(mayHaveRun: true))
            if sent[place].isBlocking { connection.drop(.connectionLost("a blocking command before it was cancelled")) }
        }
    }

    private func release(_ pending: PendingCommand) {
        commands -= pending.count
        bytes -= pending.size
    }

    // MARK: The line

    func connectionDidOpen() {
        isUp.set(true)
        outage = nil
        while let pending = waiting.popFirst() { send(pending) }
    }

    func received(_ reply: RedisValue) {
        guard !sent.isEmpty else { return connection.drop(.protocolViolation("an answer to no command")) }
        commands -= 1
        if sent[0].receive(reply) { release(sent.removeFirst()) }
    }

    func connectionDidClose(_ why: RedisError) {
        isUp.set(false)
        let end = outage?.end ?? .now() + TimeAmount(options.unavailableTimeout)
        outage = Outage(why: why.asOutage(of: connection.url), end: end)
        failSent(why.asLoss)
        if case .reply(let refusal) = why, !refusal.isRetryable {
            // No wait cures a wrong password.
            outage?.end = .now()
            failWaiting(why)
        }
    }

    private func failSent(_ why: RedisError) {
        out = ByteBuffer()
        shared = nil
        while var pending = sent.popFirst() {
            release(pending)
            pending.fail(why)
        }
    }

    private func failWaiting(_ why: RedisError) {
        while var pending = waiting.popFirst() {
            release(pending)
            pending.fail(why)
        }
    }

    // MARK: Time

    /// Sees to it that ``timerDidFire()`` runs at `due` or earlier. Most deadlines are met, so there is one timer, which
    /// finds the next when it rings, and not one for every command.
    private func schedule(_ due: NIODeadline) {
        if let timer, timer.due <= due { return }
        timer?.scheduled.cancel()
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        timer = (due, connection.loop.scheduleTask(deadline: due) { bound.value.timerDidFire() })
    }

    private func timerDidFire() {
        timer = nil
        let now = NIODeadline.now()
        if let outage, outage.end <= now { failWaiting(outage.why) }
        var isLate = false
        for place in sent.indices where sent[place].deadline <= now {
            isLate = true
            sent[place].fail(.timedOut(command: sent[place].name, after: sent[place].timeLimit))
        }
        // A late reply would be taken for the next command's.
        if isLate { connection.drop(.connectionLost("Redis did not answer in time")) }
        if let outage, !waiting.isEmpty { schedule(outage.end) }
        if let next = sent.lazy.map(\.deadline).min() { schedule(next) }
    }
}

extension RedisError {
    /// What commands hear that were sent when this befell the line.
    fileprivate var asLoss: RedisError {
        switch self {
        case .unavailable, .timedOut: .connectionLost(cause)
        case .connectionLost, .protocolViolation, .closed, .cancelled, .queueFull, .reply: self
        }
    }

    /// What commands hear that could not be sent since.
    fileprivate func asOutage(of url: RedisURL) -> RedisError {
        switch self {
        case .unavailable, .connectionLost, .protocolViolation, .timedOut: .unavailable("\(url): \(cause)")
        case .closed, .cancelled, .queueFull, .reply: self
        }
    }
}
