import DequeModule
import NIOCore

/// Commands over one connection: sent in order, answered in order, each within its time. All state belongs to the event
/// loop.
///
/// A server may refuse a command because it is not the one to ask: it became a replica, or it has no data yet. Then the
/// connection is retired: nothing more is sent over it, the replies to what was sent are read, it is closed, and the
/// next one, to wherever the name leads by then, gets the commands that were refused.
final class CommandQueue: ReconnectingConnectionDelegate {
    private struct Outage {
        /// nil where no attempt to connect has failed yet.
        var reason: RedisError?
        /// Until then commands wait; from then on they fail at once.
        var end: NIODeadline
    }

    /// How long a retired connection may take to answer what was sent.
    private static let retirementTime = TimeAmount.seconds(1)

    /// How long a command whose keys are on their way to another node waits before it is repeated.
    private static let movingInterval = TimeAmount.milliseconds(20)

    private let connection: ReconnectingConnection
    private let options: RedisOptions
    private let isUp: AtomicFlag
    /// Sent; the first of them gets the next reply.
    private var sent = Deque<PendingCommand>()
    /// Not sent, because there is no connection. Those that were refused come first.
    private var waiting = Deque<PendingCommand>()
    /// How many of `waiting` were refused by the connection that is being retired.
    private var refusedCount = 0
    /// Refused because their keys are on their way to another node; all are sent again in a moment.
    private var moving: [PendingCommand] = []
    private var movingTask: Scheduled<Void>?
    private var outage: Outage?
    /// Why the connection is being retired, and until when it may answer.
    private var retirement: (reason: RedisError, end: NIODeadline)?
    private var commands = 0
    private var bytes = 0
    private var out = ByteBuffer()
    /// The command in `out` that others need before them as well.
    private var shared: ByteBuffer?
    private var isFlushDue = false
    private var isClosed = false
    private var timer: (due: NIODeadline, scheduled: Scheduled<Void>)?
    private var roleCheck: RepeatedTask?

    init(_ connection: ReconnectingConnection, _ options: RedisOptions, _ isUp: AtomicFlag) {
        self.connection = connection
        self.options = options
        self.isUp = isUp
        outage = Outage(reason: nil, end: .now() + TimeAmount(options.unavailableTimeout))
    }

    func start() {
        connection.open(for: self)
        guard let interval = options.roleCheckInterval.map({ TimeAmount($0) }) else { return }
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        roleCheck = connection.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.checkRole()
        }
    }

    @discardableResult
    func close() -> EventLoopScope.End {
        isClosed = true
        isUp.set(false)
        roleCheck?.cancel()
        let end = connection.close()
        failSent(.closed)
        failWaiting(.closed)
        failMoving(.closed)
        timer?.scheduled.cancel()
        return end
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
        if let outage, outage.end <= .now() { return outage.reason ?? connection.pendingReason }
        if commands + pending.count > options.pendingCommandLimit {
            return .queueFull("the limit is \(options.pendingCommandLimit) commands")
        }
        if bytes + pending.size > options.pendingByteLimit {
            return .queueFull("the limit is \(options.pendingByteLimit) bytes")
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
        // What else is sent in this tick of the loop goes in the same write.
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
            if place < refusedCount { refusedCount -= 1 }
            var pending = waiting.remove(at: place)
            release(pending)
            pending.fail(.cancelled(mayHaveRun: false))
        } else if let place = moving.firstIndex(where: { $0.isCancelled === isCancelled }) {
            // It keeps its place, and is not sent again.
            moving[place].fail(.cancelled(mayHaveRun: false))
        } else if let place = sent.firstIndex(where: { $0.isCancelled === isCancelled }) {
            // It keeps its place, because its replies will come.
            sent[place].fail(.cancelled(mayHaveRun: true))
            if sent[place].isBlocking {
                connection.drop(.connectionLost("a blocking command before it was cancelled"), isOutage: false)
            }
        }
    }

    private func release(_ pending: PendingCommand) {
        commands -= pending.count
        bytes -= pending.size
    }

    // MARK: The connection

    func connectionDidOpen() {
        isUp.set(true)
        outage = nil
        while let pending = waiting.popFirst() { send(pending) }
    }

    func received(_ reply: RedisValue) {
        guard !sent.isEmpty else { return connection.drop(.protocolViolation("a reply to no command")) }
        let slot = connection.url.slot
        switch sent[0].receive(reply, repeating: options.unavailableTimeout, slot: slot) {
        case .incomplete: break
        case .complete: release(sent.removeFirst())
        case .refused:
            waiting.insert(sent.removeFirst(), at: refusedCount)
            refusedCount += 1
        case .moving: repeatLater(sent.removeFirst())
        }
        if case .error(let error) = reply, error.isWrongServer(for: slot) {
            retire(.reply(error))
        } else {
            connection.confirm()
        }
        dropIfRetired()
    }

    /// Sends a command again in a moment, over the connection that there is by then.
    private func repeatLater(_ pending: PendingCommand) {
        moving.append(pending)
        guard moving.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        movingTask = connection.loop.scheduleTask(in: Self.movingInterval) { bound.value.repeatMoving() }
    }

    private func repeatMoving() {
        let due = moving
        moving = []
        for pending in due {
            release(pending)
            submit(pending)
        }
    }

    private func failMoving(_ reason: RedisError) {
        movingTask?.cancel()
        while var pending = moving.popLast() {
            release(pending)
            pending.fail(reason)
        }
    }

    func connectionDidClose(_ reason: RedisError) {
        isUp.set(false)
        let end = outage?.end ?? .now() + TimeAmount(options.unavailableTimeout)
        outage = Outage(reason: reason.asOutage(of: connection.url), end: end)
        retirement = nil
        refusedCount = 0
        failSent(reason.asLoss)
        if case .reply(let refusal) = reason, !refusal.isRetryable, !refusal.isWrongServer(for: connection.url.slot) {
            // No wait cures a wrong password.
            outage?.end = .now()
            failWaiting(reason)
        }
        if !waiting.isEmpty, let outage { schedule(outage.end) }
    }

    private func failSent(_ reason: RedisError) {
        out = ByteBuffer()
        shared = nil
        while var pending = sent.popFirst() {
            release(pending)
            pending.fail(reason)
        }
    }

    private func failWaiting(_ reason: RedisError) {
        refusedCount = 0
        while var pending = waiting.popFirst() {
            release(pending)
            pending.fail(reason)
        }
    }

    // MARK: The wrong server

    func serverDidChange(_ reason: RedisError) {
        retire(reason)
        dropIfRetired()
    }

    private func dropIfRetired() {
        if let retirement, sent.isEmpty { connection.drop(retirement.reason) }
    }

    private func retire(_ reason: RedisError) {
        guard retirement == nil, !isClosed else { return }
        isUp.set(false)
        let now = NIODeadline.now()
        retirement = (reason, now + Self.retirementTime)
        outage = Outage(
            reason: reason.asOutage(of: connection.url), end: now + TimeAmount(options.unavailableTimeout))
        schedule(now + Self.retirementTime)
    }

    private func checkRole() {
        guard isUp.isSet, outage == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        submit(
            PendingCommand(
                RedisCommand.role.bytes, count: 1, options.commandTimeout, isBlocking: false, AtomicFlag(),
                .callback { reply in
                    guard case .success(let role) = reply, role.isReplicaRole else { return }
                    bound.value.retire(.reply(.replica))
                }))
    }

    // MARK: Time

    /// Makes ``timerDidFire()`` run at `due` or earlier. Most deadlines are met, so there is one timer, which finds the
    /// next deadline when it fires, and not one for each command.
    private func schedule(_ due: NIODeadline) {
        if let timer, timer.due <= due { return }
        timer?.scheduled.cancel()
        let bound = NIOLoopBound(self, eventLoop: connection.loop)
        timer = (due, connection.loop.scheduleTask(deadline: due) { bound.value.timerDidFire() })
    }

    private func timerDidFire() {
        timer = nil
        let now = NIODeadline.now()
        if let outage, outage.end <= now { failWaiting(outage.reason ?? connection.pendingReason) }
        var isLate = false
        for place in sent.indices where sent[place].deadline <= now {
            isLate = true
            sent[place].fail(.timedOut(command: sent[place].name, after: sent[place].timeLimit))
        }
        if isLate {
            // A late reply would be taken for the next command's.
            connection.drop(.connectionLost("Redis did not answer in time"))
        } else if let retirement, retirement.end <= now {
            failSent(.connectionLost(retirement.reason.cause))
            connection.drop(retirement.reason)
        }
        if let outage, !waiting.isEmpty { schedule(outage.end) }
        if let retirement { schedule(retirement.end) }
        if let next = sent.lazy.map(\.deadline).min() { schedule(next) }
    }
}

extension RedisCommand {
    /// Asks whether the server is a primary or a replica.
    static let role: RedisCommand = ["ROLE"]
}

extension RedisValue {
    /// Whether this reply to `ROLE` is a replica's (`slave`, the link's host and port, …).
    var isReplicaRole: Bool { array?.first?.bytes == Array("slave".utf8) }
}

extension RedisReplyError {
    /// What a replica replies to a write.
    static let replica = RedisReplyError("READONLY You can't write against a read only replica.")
}

extension RedisError {
    /// What it means for commands that were sent.
    fileprivate var asLoss: RedisError {
        switch self {
        case .unavailable, .timedOut: .connectionLost(cause)
        case .connectionLost, .protocolViolation, .closed, .cancelled, .queueFull, .reply: self
        }
    }

    /// What it means for commands that wait for the next connection.
    fileprivate func asOutage(of url: RedisURL) -> RedisError {
        switch self {
        case .unavailable, .connectionLost, .protocolViolation, .timedOut: .unavailable("\(url): \(cause)")
        case .reply(let error) where error.isMoved(url.slot):
            .unavailable("\(url): its nodes do not agree on which of them has a slot")
        case .closed, .cancelled, .queueFull, .reply: self
        }
    }
}
