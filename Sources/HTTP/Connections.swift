import Logging
import Metrics
import NIOCore
import Synchronization

/// The open connections of a server: their number is bounded, each can be told to end, and what they live through is
/// counted.
final class Connections: ConnectionWatch {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var drained: [CheckedContinuation<Void, Never>] = []
    }

    private let limit: Int
    private let logger: Logger
    private let state = Mutex(State())
    private let openGauge = Gauge(label: "bgdemo_http_connections")
    private let abandonedCounter = Counter(label: "bgdemo_http_abandoned_total")
    private let meters = ResponseMeters()

    init(limit: Int, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    /// Takes a new connection in, or answers 503 and closes it where the house is full.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            guard state.open.count < limit, !state.isDraining else { return false }
            state.open[key] = channel
            openGauge.record(state.open.count)
            return true
        }
        guard isAdmitted else {
            turnAway(channel)
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in leave(key) }
        return true
    }

    private func turnAway(_ channel: any Channel) {
        var out = ByteBuffer()
        var date = DateLine()
        let problem = Problem.unavailable(
            "\(limit) connections are open, which is the limit here", retryAfter: .seconds(1))
        let head = Request.Head(method: .get, target: "/", minorVersion: 1, fields: .init(), keepsAlive: false)
        problem.response.write(into: &out, date: date.line(.now()), to: head, closing: true)
        meters.record(problem.status, .zero)
        channel.writeAndFlush(out).whenComplete { _ in channel.close(promise: nil) }
    }

    private func leave(_ key: ObjectIdentifier) {
        let waiting = state.withLock { state in
            state.open[key] = nil
            openGauge.record(state.open.count)
            guard state.isDraining, state.open.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.drained.removeAll() }
            return state.drained
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Tells every connection to end when what is in hand is answered; returns when none is left.
    func drain() async {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(Drain()) }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.open.isEmpty { state.drained.append(continuation) }
                return state.open.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    func answered(_ status: Status, in time: TimeAmount) { meters.record(status, time) }

    func abandoned(_ requests: Int) {
        abandonedCounter.increment(by: requests)
        logger.debug("a client left before its answer was ready", metadata: ["requests": "\(requests)"])
    }

    func failed(_ error: any Error) {
        logger.debug("a connection broke", metadata: ["error": "\(error)"])
    }
}

/// Requests by status, and their time to the answer.
final class ResponseMeters: Sendable {
    private let time = Timer(label: "bgdemo_http_response_seconds")
    private let ok = ResponseMeters.counter(200)
    private let others = Mutex<[Int: Counter]>([:])

    private static func counter(_ code: Int) -> Counter {
        Counter(label: "bgdemo_http_requests_total", dimensions: [("status", String(code))])
    }

    func record(_ status: Status, _ time: TimeAmount) {
        self.time.recordNanoseconds(time.nanoseconds)
        guard status.code != 200 else { return ok.increment() }
        others.withLock { others in
            let counter = others[status.code] ?? ResponseMeters.counter(status.code)
            others[status.code] = counter
            counter.increment()
        }
    }
}
