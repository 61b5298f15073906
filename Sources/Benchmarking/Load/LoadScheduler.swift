import NIOCore

/// Decides which request is sent when, over which connection. It belongs to one event loop.
///
/// Requests are sent in the order of their numbers, so those that are due and wait for a connection are a range.
final class LoadScheduler {
    /// Opening a connection takes longer than an answer over an open one. To open one for each waiting request would
    /// delay the next request, which then would need another.
    private static let maxOpening = 32

    let load: Load
    let target: Target
    let recorder: DeliveryRecorder
    let loop: any EventLoop
    private let stop: StopFlag
    private let end: EventLoopPromise<Void>
    private var requests: RequestTemplate
    /// The due times of an open loop.
    private let due: [Int64]
    var origin: Int64 = 0
    /// The numbers of the next request to become due and of the next to be sent.
    var nextDue = 0
    var nextSent = 0
    var underWay = 0
    /// Set when the run is stopped: nothing more is sent, and requests under way have until then.
    private var stopDeadline: Int64?
    var isOver = false

    // The connections, and the number of those being opened.
    var connections: [ObjectIdentifier: LoadConnection] = [:]
    var idle: [LoadConnection] = []
    var opening = 0

    init(_ generator: LoadGenerator, on loop: any EventLoop, end: EventLoopPromise<Void>) {
        (load, target, recorder, stop) = (generator.load, generator.target, generator.recorder, generator.stop)
        (self.loop, self.end) = (loop, end)
        requests = RequestTemplate(to: target, run: generator.load.run, recipient: generator.load.recipient)
        due = generator.load.schedule()
    }

    func start() {
        origin = DeliveryRecorder.now + LoadGenerator.lead
        recorder.begin(at: origin, due: due)
        switch load.pace {
        case .open: for _ in 0..<min(Self.maxOpening, load.connections) { open() }
        case .closed(let concurrency): for _ in 0..<concurrency { open() }
        }
        schedule(at: origin) { $0.tick() }
        schedule(at: DeliveryRecorder.now) { $0.checkDeadlines() }
    }

    /// Closes everything at once.
    func giveUp() {
        isOver = true
        for connection in connections.values { connection.close() }
        finish()
    }

    // MARK: Time

    /// Sends what has become due and schedules the next call.
    private func tick() {
        guard !isOver, stopDeadline == nil else { return }
        let now = DeliveryRecorder.now - origin
        while nextDue < due.count, due[nextDue] <= now { nextDue += 1 }
        sendDue()
        if nextDue < due.count { schedule(at: origin + due[nextDue]) { $0.tick() } }
        finish()
    }

    /// Checks every 50 ms for a stop and for answers that take too long.
    private func checkDeadlines() {
        guard !isOver else { return }
        if stop.isSet { stopSending() }
        if let stopDeadline, stopDeadline <= DeliveryRecorder.now { return giveUp() }
        let oldest = DeliveryRecorder.now - Int64(load.answerTime / .nanoseconds(1))
        for connection in connections.values where connection.hasWaited(since: oldest) { connection.close() }
        sendDue()
        finish()
        if !isOver { schedule(at: DeliveryRecorder.now + 50_000_000) { $0.checkDeadlines() } }
    }

    private func stopSending() {
        nextDue = nextSent
        stopDeadline = stopDeadline ?? DeliveryRecorder.now + 1_000_000_000
    }

    func schedule(at time: Int64, _ action: @escaping (LoadScheduler) -> Void) {
        loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(time))) { [weak self] in
            if let self { action(self) }
        }
    }

    var isTimeUp: Bool { stopDeadline != nil || Double(DeliveryRecorder.now - origin) >= load.seconds * 1e9 }

    func finish() {
        let hasAll: Bool =
            switch load.pace {
            case .open: (nextDue == due.count || stopDeadline != nil) && nextSent == nextDue && underWay == 0
            case .closed: isTimeUp && underWay == 0
            }
        guard hasAll || isOver else { return }
        isOver = true
        for connection in connections.values { connection.close() }
        if connections.isEmpty, opening == 0 { end.succeed() }
    }

    // MARK: Sending

    func sendDue() {
        guard !isOver else { return }
        guard case .open = load.pace else { return sendClosedLoop() }
        while nextSent < nextDue, let connection = idle.popLast() { send(over: connection) }
        let capacity = min(load.connections - connections.count, Self.maxOpening) - opening
        for _ in 0..<max(0, min(nextDue - nextSent - opening, capacity)) { open() }
    }

    private func sendClosedLoop() {
        guard DeliveryRecorder.now >= origin, !isTimeUp else { return }
        while let connection = idle.popLast() {
            recorder.add(due: DeliveryRecorder.now - origin)
            nextDue += 1
            send(over: connection)
        }
    }

    private func send(over connection: LoadConnection) {
        let number = nextSent
        nextSent += 1
        underWay += 1
        let now = DeliveryRecorder.now
        recorder.sent(number, at: now - origin)
        connection.send(number, requests.bytes(number), at: now)
    }
}
