import DequeModule
import NIOCore

/// Commands over a line: sent in order, answered in order, each within its time. All state belongs to the event loop.
final class Session: LineUser {
    private struct Absence {
        var why: RedisError
        /// Until then commands wait; from then on they fail at once.
        var end: NIODeadline
    }

    private let line: Line
    private let options: RedisOptions
    private let isUp: Flag
    /// Sent; the first of them gets the next reply.
    private var sent = Deque<Exchange>()
    /// Not sent, as the line is down.
    private var waiting = Deque<Exchange>()
    private var absence: Absence?
    private var commands = 0
    private var bytes = 0
    private var out = ByteBuffer()
    /// The command in `out` that others have before them as well.
    private var shared: ByteBuffer?
    private var isFlushDue = false
    private var isClosed = false
    private var alarm: (due: NIODeadline, scheduled: Scheduled<Void>)?

    init(_ line: Line, _ options: RedisOptions, _ isUp: Flag) {
        self.line = line
        self.options = options
        self.isUp = isUp
        absence = Absence(why: .away("\(line.url) is being connected to"), end: .now() + TimeAmount(options.awayTime))
    }

    func start() {
        line.open(for: self)
    }

    func close() {
        isClosed = true
        isUp.set(false)
        line.close()
        failSent(.closed)
        failWaiting(.closed)
        alarm?.scheduled.cancel()
    }

    // MARK: Commands

    func submit(_ exchange: Exchange) {
        var exchange = exchange
        if let refusal = refusal(of: exchange) { return exchange.fail(refusal) }
        commands += exchange.count
        bytes += exchange.size
        if let absence {
            waiting.append(exchange)
            arm(absence.end)
        } else {
            send(exchange)
        }
    }

    private func refusal(of exchange: Exchange) -> RedisError? {
        if isClosed { return .closed }
        if exchange.isCancelled.isSet { return .cancelled(mayHaveRun: false) }
        if let absence, absence.end <= .now() { return absence.why }
        if commands + exchange.count > options.commands {
            return .full("\(options.commands) commands is the limit here")
        }
        if bytes + exchange.size > options.bytes { return .full("\(options.bytes) bytes is the limit here") }
        return nil
    }

    private func send(_ exchange: Exchange) {
        var exchange = exchange
        if let other = exchange.other, other != shared { share(other, exchange.timeLimit) }
        exchange.send(into: &out, at: .now())
        sent.append(exchange)
        arm(exchange.deadline)
        guard !isFlushDue else { return }
        isFlushDue = true
        let bound = NIOLoopBound(self, eventLoop: line.loop)
        // What else this tick of the loop sends goes in the same write.
        line.loop.execute { bound.value.flush() }
    }

    private func share(_ command: ByteBuffer, _ timeLimit: Duration) {
        shared = command
        var exchange = Exchange(command, count: 1, timeLimit, isBlocking: false, Flag(), .nobody)
        commands += 1
        bytes += exchange.size
        exchange.send(into: &out, at: .now())
        sent.append(exchange)
    }

    private func flush() {
        isFlushDue = false
        shared = nil
        guard out.readableBytes > 0 else { return }
        let size = out.readableBytes
        line.write(out)
        out = ByteBufferAllocator().buffer(capacity: min(size, 1 << 16))
    }

    func cancel(_ isCancelled: Flag) {
        if let place = waiting.firstIndex(where: { $0.isCancelled === isCancelled }) {
            var exchange = waiting.remove(at: place)
            release(exchange)
            exchange.fail(.cancelled(mayHaveRun: false))
        } else if let place = sent.firstIndex(where: { $0.isCancelled === isCancelled }) {
            // It keeps its place: its replies will come.
            sent[place].fail(.cancelled(mayHaveRun: true))
            if sent[place].isBlocking { line.drop(.lost("a blocking command before it was cancelled")) }
        }
    }

    private func release(_ exchange: Exchange) {
        commands -= exchange.count
        bytes -= exchange.size
    }

    // MARK: The line

    func lineIsUp() {
        isUp.set(true)
        absence = nil
        while let exchange = waiting.popFirst() { send(exchange) }
    }

    func received(_ reply: RedisValue) {
        guard !sent.isEmpty else { return line.drop(.protocolViolation("an answer to no command")) }
        commands -= 1
        if sent[0].receive(reply) { release(sent.removeFirst()) }
    }

    func lineIsDown(_ why: RedisError) {
        isUp.set(false)
        let end = absence?.end ?? .now() + TimeAmount(options.awayTime)
        absence = Absence(why: why.asAbsence(of: line.url), end: end)
        failSent(why.asLoss)
        if case .reply(let refusal) = why, !refusal.isRetryable {
            // No wait cures a wrong password.
            absence?.end = .now()
            failWaiting(why)
        }
    }

    private func failSent(_ why: RedisError) {
        out = ByteBuffer()
        shared = nil
        while var exchange = sent.popFirst() {
            release(exchange)
            exchange.fail(why)
        }
    }

    private func failWaiting(_ why: RedisError) {
        while var exchange = waiting.popFirst() {
            release(exchange)
            exchange.fail(why)
        }
    }

    // MARK: Time

    /// Sees to it that ``checkClock()`` runs at `due` or earlier. Most deadlines are met, so there is one alarm, which
    /// finds the next when it rings, and not one for every command.
    private func arm(_ due: NIODeadline) {
        if let alarm, alarm.due <= due { return }
        alarm?.scheduled.cancel()
        let bound = NIOLoopBound(self, eventLoop: line.loop)
        alarm = (due, line.loop.scheduleTask(deadline: due) { bound.value.checkClock() })
    }

    private func checkClock() {
        alarm = nil
        let now = NIODeadline.now()
        if let absence, absence.end <= now { failWaiting(absence.why) }
        var isLate = false
        for place in sent.indices where sent[place].deadline <= now {
            isLate = true
            sent[place].fail(.timedOut(command: sent[place].name, after: sent[place].timeLimit))
        }
        // A late reply would be taken for the next command's.
        if isLate { line.drop(.lost("Redis did not answer in time")) }
        if let absence, !waiting.isEmpty { arm(absence.end) }
        if let next = sent.lazy.map(\.deadline).min() { arm(next) }
    }
}

extension RedisError {
    /// What commands hear that were sent when this befell the line.
    fileprivate var asLoss: RedisError {
        switch self {
        case .away, .timedOut: .lost(cause)
        case .lost, .protocolViolation, .closed, .cancelled, .full, .reply: self
        }
    }

    /// What commands hear that could not be sent since.
    fileprivate func asAbsence(of url: RedisURL) -> RedisError {
        switch self {
        case .away, .lost, .protocolViolation, .timedOut: .away("\(url): \(cause)")
        case .closed, .cancelled, .full, .reply: self
        }
    }
}
