import Synchronization
import Tracing

/// What a sampled span records. It is exported when the span ends, once.
final class OTLPRecording: Sendable {
    struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var events: [SpanEvent] = []
        var links: [SpanLink] = []
        var status: SpanStatus?
        var isEnded = false
    }

    /// More events or links are left out.
    private static let limit = 128

    let id: TraceParent
    let kind: SpanKind
    let parent: UInt64?
    /// `tracestate` of the trace.
    let traceState: String?
    let start: UInt64
    private let exporter: OTLPExporter
    private let state: Mutex<State>

    init(
        _ name: String, _ kind: SpanKind, id: TraceParent, parent: UInt64?, traceState: String?, start: UInt64,
        exporter: OTLPExporter
    ) {
        (self.id, self.kind, self.parent, self.traceState, self.start) = (id, kind, parent, traceState, start)
        self.exporter = exporter
        state = Mutex(State(name: name))
    }

    func withState<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
        state.withLock(body)
    }

    func add(_ event: SpanEvent) {
        state.withLock { if $0.events.count < Self.limit { $0.events.append(event) } }
    }

    func add(_ link: SpanLink) {
        state.withLock { if $0.links.count < Self.limit { $0.links.append(link) } }
    }

    func end(at time: UInt64) {
        let ended: State? = state.withLock { state in
            defer { state.isEnded = true }
            return state.isEnded ? nil : state
        }
        if let ended { exporter.add(json(ended, end: time)) }
    }
}
