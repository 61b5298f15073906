import NIOCore

/// Decides what is sent when, over which connection. It belongs to one event loop.
///
/// Requests go out in the order of their numbers, so those that are due and wait for a connection are a range.
final class LoadScheduler {
    /// To open a connection takes longer than an answer on one that is there: who opened one for each request that has
    /// to wait would be late for the next, and open more.
    private static let mostOpening = 32

    let load: Load
    let target: Target
    let recorder: DeliveryRecorder
    let loop: any EventLoop
    private let stop: StopFlag
    private let end: EventLoopPromise<Void>
    private var requests: RequestTemplate
    /// Of an open loop.
    private let due: [Int64]
    var origin: Int64 = 0
    /// The number of the next request that becomes due, and of the next that is sent.
    var nextDue = 0
    var nextSent = 0
    var underWay = 0
    /// Somebody has said stop: nothing more is sent, and what is under way has until then.
    private var lastMoment: Int64?
    var isOver = false

    // The connections, and how many are on their way.
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
        case .open: for _ in 0..<min(Self.mostOpening, load.connections) { open() }
        case .closed(let concurrency): for _ in 0..<concurrency { open() }
        }
        later(at: origin) { $0.tick() }
        later(at: DeliveryRecorder.now) { $0.look() }
    }

    /// Sends nothing more and waits for nothing.
    func giveUp() {
        isOver = true
        for connection in connections.values { connection.close() }
        finish()
    }

    // MARK: Time

    /// Takes what has become due, and comes back for the next.
    private func tick() {
        guard !isOver, lastMoment == nil else { return }
        let now = DeliveryRecorder.now - origin
        while nextDue < due.count, due[nextDue] <= now { nextDue += 1 }
        serve()
        if nextDue < due.count { later(at: origin + due[nextDue]) { $0.tick() } }
        finish()
    }

    /// Now and then: has somebody said stop, and does an answer take too long?
    private func look() {
        guard !isOver else { return }
        if stop.isSet { stopSending() }
        if let lastMoment, lastMoment <= DeliveryRecorder.now { return giveUp() }
        let oldest = DeliveryRecorder.now - Int64(load.answerTime / .nanoseconds(1))
        for connection in connections.values where connection.hasWaited(since: oldest) { connection.close() }
        serve()
        finish()
        if !isOver { later(at: DeliveryRecorder.now + 50_000_000) { $0.look() } }
    }

    private func stopSending() {
        nextDue = nextSent
        lastMoment = lastMoment ?? DeliveryRecorder.now + 1_000_000_000
    }

    func later(at time: Int64, _ action: @escaping (LoadScheduler) -> Void) {
        loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(time))) { [weak self] in
            if let self { action(self) }
        }
    }

    var isTimeUp: Bool { lastMoment != nil || Double(DeliveryRecorder.now - origin) >= load.seconds * 1e9 }

    func finish() {
        let hasAll: Bool =
            switch load.pace {
            case .open: (nextDue == due.count || lastMoment != nil) && nextSent == nextDue && underWay == 0
            case .closed: isTimeUp && underWay == 0
            }
        guard hasAll || isOver else { return }
        isOver = true
        for connection in connections.values { connection.close() }
        if connections.isEmpty, opening == 0 { end.succeed() }
    }

    // MARK: Sending

    func serve() {
        guard !isOver else { return }
        guard case .open = load.pace else { return serveClosed() }
        while nextSent < nextDue, let connection = idle.popLast() { send(over: connection) }
        let room = min(load.connections - connections.count, Self.mostOpening) - opening
        for _ in 0..<max(0, min(nextDue - nextSent - opening, room)) { open() }
    }

    private func serveClosed() {
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
