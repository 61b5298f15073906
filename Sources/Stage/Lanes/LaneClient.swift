import BgdemoBenchmarking
import BgdemoFoundations
import DequeModule
import NIOCore
import NIOPosix

/// The client of a lane: asks for mails, at once or at a steady rate. The times of a rate follow from the seed, as those of
/// `compare`.
final class LaneClient: Sendable {
    /// What is told of each request. Called on the client's event loop.
    struct Reports: Sendable {
        /// - Returns: The number of the mail.
        var ask: @Sendable () -> Int
        /// The status is 0 where no answer came.
        var answer: @Sendable (_ number: Int, _ status: Int) -> Void
        /// A rate has come to its end.
        var endRate: @Sendable () -> Void
    }

    private let loop: any EventLoop
    private let queue: NIOLoopBoundBox<RequestQueue>

    init(target: Target, run: String, seed: UInt64, reports: Reports, loop: any EventLoop) async throws {
        self.loop = loop
        queue = try await loop.submit {
            NIOLoopBoundBox(
                RequestQueue(target: target, run: run, seed: seed, reports: reports, loop: loop), eventLoop: loop)
        }.get()
    }

    /// Asks for so many mails now.
    func send(_ count: Int) { loop.execute { [queue] in queue.value.send(count) } }

    /// Asks for so many mails a second from now on; 0 for none.
    ///
    /// - Parameter seconds: Nil until another rate is set.
    func setRate(_ rate: Double, for seconds: Double? = nil) {
        loop.execute { [queue] in queue.value.setRate(rate, for: seconds) }
    }

    /// Closes all connections.
    func close() { loop.execute { [queue] in queue.value.close() } }
}

/// The requests that wait, the connections, and the next time of the rate. It belongs to one event loop.
private final class RequestQueue: LoadConnectionOwner {
    private static let maxConnections = 256
    private static let maxWaiting = 10_000
    private static let answerTime = Int64(60_000_000_000)

    private let target: Target
    private let reports: LaneClient.Reports
    private let loop: any EventLoop
    private let seed: UInt64
    private var requests: RequestTemplate
    private var random: SeededRandom
    private var rate = 0.0
    private var rateEnd = Int64.max
    private var due: Int64 = 0
    private var timer: Scheduled<Void>?
    private var waiting = Deque<Int>()
    private var idle: [LoadConnection] = []
    private var connections: [ObjectIdentifier: LoadConnection] = [:]
    private var opening = 0
    private var isClosed = false

    init(target: Target, run: String, seed: UInt64, reports: LaneClient.Reports, loop: any EventLoop) {
        (self.target, self.reports, self.loop, self.seed) = (target, reports, loop, seed)
        requests = RequestTemplate(to: target, run: run)
        random = SeededRandom(seed: seed)
    }

    // MARK: Asking

    func send(_ count: Int) {
        for _ in 0..<min(count, Self.maxWaiting - waiting.count) where !isClosed { waiting.append(reports.ask()) }
        dispatch()
    }

    func setRate(_ rate: Double, for seconds: Double?) {
        timer?.cancel()
        self.rate = isClosed ? 0 : rate
        guard self.rate > 0 else { return }
        random = SeededRandom(seed: seed)
        let now = DeliveryRecorder.now
        rateEnd = seconds.map { now + Int64($0 * 1e9) } ?? .max
        due = now
        scheduleNext()
    }

    private func scheduleNext() {
        due += Int64(random.exponential() / rate * 1e9)
        guard due < rateEnd else {
            rate = 0
            return reports.endRate()
        }
        timer = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(due))) { [weak self] in
            // A timer that was cancelled in the same tick fires all the same.
            guard let self, self.rate > 0 else { return }
            send(1)
            // At most a second is made up for, where the machine was busy.
            due = max(due, DeliveryRecorder.now - 1_000_000_000)
            scheduleNext()
        }
    }

    func close() {
        isClosed = true
        timer?.cancel()
        for number in waiting { reports.answer(number, 0) }
        waiting.removeAll()
        for connection in connections.values { connection.close() }
    }

    private func dispatch() {
        // A write to a connection that has ended comes back here by `closed`.
        while !waiting.isEmpty, let connection = idle.popLast() {
            let number = waiting.removeFirst()
            connection.send(number, requests.bytes(number), at: DeliveryRecorder.now)
        }
        let capacity = min(Self.maxConnections - connections.count, 32) - opening
        for _ in 0..<max(0, min(waiting.count - opening, capacity)) { open() }
        let oldest = DeliveryRecorder.now - Self.answerTime
        for connection in connections.values where connection.hasWaited(since: oldest) { connection.close() }
    }

    // MARK: Connections

    private func open() {
        opening += 1
        let owner = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LoadConnection(channel, owner.value))
                }
            }
            .connect(host: target.host, port: target.port)
            .assumeIsolated()
            .whenComplete { [self] result in
                opening -= 1
                guard case .failure = result, !waiting.isEmpty else { return }
                // Nobody listens: the request that has waited longest gets no answer.
                reports.answer(waiting.removeFirst(), 0)
                dispatch()
            }
    }

    func connected(_ connection: LoadConnection) {
        guard !isClosed else { return connection.close() }
        connections[ObjectIdentifier(connection)] = connection
        becameIdle(connection)
    }

    func answered(_ connection: LoadConnection, _ number: Int, status: Int) { reports.answer(number, status) }

    func becameIdle(_ connection: LoadConnection) {
        idle.append(connection)
        dispatch()
    }

    func closed(_ connection: LoadConnection, without number: Int?) {
        connections[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
        if let number { reports.answer(number, 0) }
        dispatch()
    }
}
