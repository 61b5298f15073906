import BgdemoFoundations
import Synchronization
public import Tracing

/// A span of an ``OTLPTracer``. It is exported when it ends, once.
public final class OTLPSpan: Span {
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

    public let context: ServiceContext
    let id: TraceParent
    let kind: SpanKind
    let parent: UInt64?
    let start: UInt64
    /// nil where the span is not sampled.
    private let exporter: OTLPExporter?
    private let state: Mutex<State>

    init(
        _ name: String, _ kind: SpanKind, context: ServiceContext, id: TraceParent, parent: UInt64?, start: UInt64,
        exporter: OTLPExporter?
    ) {
        (self.kind, self.context, self.id, self.parent, self.start) = (kind, context, id, parent, start)
        self.exporter = exporter
        state = Mutex(State(name: name))
    }

    public var isRecording: Bool { exporter != nil && state.withLock { !$0.isEnded } }

    public var operationName: String {
        get { state.withLock(\.name) }
        set { state.withLock { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { state.withLock(\.attributes) }
        set { if exporter != nil { state.withLock { $0.attributes = newValue } } }
    }

    public func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }

    public func addEvent(_ event: SpanEvent) {
        state.withLock { state in
            if state.events.count < Self.limit { state.events.append(event) }
        }
    }

    public func addLink(_ link: SpanLink) {
        state.withLock { state in
            if state.links.count < Self.limit { state.links.append(link) }
        }
    }

    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        attributes["exception.message"] = printable("\(error)", limit: 500)
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let exporter else { return }
        let ended: State? = state.withLock { state in
            defer { state.isEnded = true }
            return state.isEnded ? nil : state
        }
        if let ended { exporter.add(json(ended, end: instant().nanosecondsSinceEpoch)) }
    }
}
