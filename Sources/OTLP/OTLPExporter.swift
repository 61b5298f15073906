import BgdemoFoundations
public import Logging
import Metrics
import NIOPosix
import Synchronization

/// Sends spans to a collector by OTLP/HTTP, as JSON, in batches: a second after the first, or 512 together.
///
/// Nothing waits for it. Spans that the collector does not take in time are dropped from the end of a bounded queue; how many is
/// counted (`bgdemo_spans_total`) and logged.
public final class OTLPExporter: Sendable {
    private struct State {
        /// Spans as JSON, with commas.
        var waiting: [UInt8] = []
        var count = 0
        var dropped = 0
        var isClosed = false
    }

    private static let mostSpans = 20_000
    private static let mostBytes = 16 << 20
    private static let batch = 512
    private static let delay = Duration.seconds(1)
    /// How often a batch is sent to a collector that is away or busy.
    private static let attempts = 3

    private let collector: CurlPost
    private let service: String
    private let logger: Logger
    private let wakeup = WakeupSignal()
    /// libcurl blocks.
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(State())
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let exported = Counter(label: "bgdemo_spans_total", dimensions: [("outcome", "exported")])
    private let dropped = Counter(label: "bgdemo_spans_total", dimensions: [("outcome", "dropped")])

    /// Begins to export.
    ///
    /// - Parameters:
    ///   - url: Of the collector, `http://127.0.0.1:4318`; `/v1/traces` is appended.
    ///   - service: `service.name`.
    public init(to url: String, service: String, logger: Logger) {
        let base = url.utf8.last == UInt8(ascii: "/") ? String(Substring(url.utf8.dropLast())) : url
        collector = CurlPost(base + "/v1/traces")
        (self.service, self.logger) = (service, logger)
        threads.start()
        task.withLock { $0 = Task { await self.run() } }
    }

    /// Adds a span that has ended. Never waits.
    func add(_ span: [UInt8]) {
        let count = state.withLock { state in
            guard !state.isClosed, state.count < Self.mostSpans, state.waiting.count + span.count < Self.mostBytes
            else {
                state.dropped += 1
                return 0
            }
            if state.count > 0 { state.waiting.append(UInt8(ascii: ",")) }
            state.waiting += span
            state.count += 1
            return state.count
        }
        if count == 0 { dropped.increment() }
        if count == 1 || count == Self.batch { wakeup.signal() }
    }

    /// Exports what waits, for at most this time; what is left is dropped.
    public func end(within limit: Duration) async {
        state.withLock { $0.isClosed = true }
        let running = task.withLock { $0.take() }
        wakeup.signal()
        await withTaskGroup { group in
            group.addTask { await running?.value }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            running?.cancel()
            group.cancelAll()
        }
        // A request under way ends with the process.
        threads.shutdownGracefully { _ in }
    }

    private func run() async {
        while true {
            await wakeup.wait()
            // Others of the same second go with it.
            if state.withLock({ !$0.isClosed && $0.count < Self.batch }) {
                await wakeup.wait(until: .now + Self.delay)
            }
            let (batch, isClosed) = state.withLock { state in
                defer { (state.waiting, state.count) = ([], 0) }
                return ((state.waiting, state.count), state.isClosed)
            }
            if batch.1 > 0 { await export(batch.0, count: batch.1, isLast: isClosed) }
            if isClosed || Task.isCancelled { return }
        }
    }

    private func export(_ spans: [UInt8], count: Int, isLast: Bool) async {
        let body = request(spans)
        var failure: CurlPost.Failure?
        for attempt in 1...Self.attempts {
            failure = try? await threads.runIfActive { [collector] in collector.post(body) }
            guard let failure, failure.isTemporary, attempt < Self.attempts, !isLast, !Task.isCancelled else { break }
            try? await Task.sleep(for: Self.delay * attempt)
        }
        if let failure {
            dropped.increment(by: count)
            state.withLock { $0.dropped += count }
            report("\(failure.reason)")
        } else {
            exported.increment(by: count)
            report("there were more than the collector took in time")
        }
    }

    private func report(_ reason: String) {
        let count = state.withLock { state in
            defer { state.dropped = 0 }
            return state.dropped
        }
        guard count > 0 else { return }
        logger.warning(
            "Spans were not exported and are dropped", metadata: ["spans": "\(count)", "reason": "\(reason)"])
    }

    private func request(_ spans: [UInt8]) -> [UInt8] {
        var json = JSONWriter(capacity: spans.count + 200)
        json.raw(#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"#)
        json.string(service)
        json.raw(#"}}]},"scopeSpans":[{"scope":{"name":"bgdemo"},"spans":["#)
        json.raw(spans)
        json.raw("]}]}]}")
        return json.bytes
    }
}
