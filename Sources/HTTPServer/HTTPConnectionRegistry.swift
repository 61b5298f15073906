import Logging
import Metrics
import NIOCore
import Synchronization

/// The open connections of a server: bounds and counts them, and tells each to end.
final class HTTPConnectionRegistry: ConnectionObserver {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    /// What happens to a new connection.
    enum Admission {
        case accepted
        /// It gets one response and is closed.
        case rejected(Problem)
        /// It is closed: too many are being rejected.
        case closed
    }

    private let limit: Int
    private let logger: Logger
    private let state = Mutex(State())
    private let openGauge: Gauge
    private let abandonedCounter: Counter
    private let meters: ResponseMeters

    init(limit: Int, metrics: any MetricsFactory, logger: Logger) {
        self.limit = limit
        self.logger = logger
        openGauge = Gauge(label: "bgdemo_http_connections", factory: metrics)
        abandonedCounter = Counter(label: "bgdemo_http_abandoned_total", factory: metrics)
        meters = ResponseMeters(metrics)
    }

    /// How many are open now.
    var count: Int { state.withLock { $0.open.count } }

    func admit(_ channel: any Channel) -> Admission {
        let key = ObjectIdentifier(channel)
        let admission = state.withLock { state in
            let count = state.open.count
            guard !state.isDraining, count - limit < limit / 8 + 16 else { return Admission.closed }
            state.open[key] = channel
            openGauge.record(count + 1)
            return count < limit ? .accepted : .rejected(full)
        }
        if case .closed = admission { return admission }
        channel.closeFuture.whenComplete { [self] _ in remove(key) }
        return admission
    }

    private var full: Problem {
        .unavailable("\(limit) connections are open, which is the limit here", retryAfter: .seconds(1))
    }

    private func remove(_ key: ObjectIdentifier) {
        state.withLock { state in
            state.open[key] = nil
            openGauge.record(state.open.count)
        }
    }

    /// Tells every connection to end when what is in hand is answered. Returns when none is open; those that are open after
    /// `limit` are closed.
    func drain(within limit: Duration) async {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        guard let loop = open.first?.eventLoop else { return }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
        let cut = loop.scheduleTask(in: TimeAmount(limit)) { [self] in
            let left = state.withLock { Array($0.open.values) }
            logger.warning("Closing connections that did not end in time", metadata: ["connections": "\(left.count)"])
            for channel in left { channel.close(promise: nil) }
        }
        await withCheckedContinuation { continuation in
            EventLoopFuture.andAllComplete(open.map(\.closeFuture), on: loop).whenComplete { _ in
                continuation.resume()
            }
        }
        cut.cancel()
    }

    func didRespond(_ status: HTTPStatus, in time: TimeAmount) { meters.record(status, time) }

    func didAbandon(_ requests: Int) {
        abandonedCounter.increment(by: requests)
        logger.debug("A client left before its response was ready", metadata: ["requests": "\(requests)"])
    }

    func didFail(_ error: any Error) {
        logger.debug("A connection broke", metadata: ["error": "\(error)"])
    }
}

/// Requests by status, and the time to their responses.
final class ResponseMeters: Sendable {
    private let metrics: any MetricsFactory
    private let time: Timer
    private let ok: Counter
    private let others = Mutex<[Int: Counter]>([:])

    init(_ metrics: any MetricsFactory) {
        self.metrics = metrics
        time = Timer(label: "bgdemo_http_response_seconds", factory: metrics)
        ok = Self.counter(200, metrics)
    }

    private static func counter(_ code: Int, _ metrics: any MetricsFactory) -> Counter {
        Counter(label: "bgdemo_http_requests_total", dimensions: [("status", String(code))], factory: metrics)
    }

    func record(_ status: HTTPStatus, _ time: TimeAmount) {
        self.time.recordNanoseconds(time.nanoseconds)
        guard status.code != 200 else { return ok.increment() }
        others.withLock { others in
            let counter = others[status.code] ?? Self.counter(status.code, metrics)
            others[status.code] = counter
            counter.increment()
        }
    }
}
