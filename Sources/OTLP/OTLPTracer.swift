import BgdemoFoundations
import BgdemoNetSupport
import Synchronization
public import Tracing

/// A tracer whose spans an ``OTLPExporter`` exports. It carries the W3C `traceparent` and `tracestate`.
///
/// A span whose parent is not sampled is neither recorded nor exported, and carries on what its parent carries.
///
/// A trace begins with a request or a message that comes, while no more begin in a second than the tracer was given: what
/// tracing costs under load has a bound. Where it is not sampled, a client or producer span without a parent says so to the
/// receiver, with an id of its own; the other spans carry nothing, which costs nothing.
public final class OTLPTracer: Tracer {
    private let exporter: OTLPExporter
    private let rate: TokenBucket
    private let ids = IDs()

    /// - Parameter tracesPerSecond: How many traces may begin in a second, more than 0.
    public init(_ exporter: OTLPExporter, tracesPerSecond: Double) {
        self.exporter = exporter
        rate = TokenBucket(perSecond: tracesPerSecond)
    }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        let parent = context.isEmpty ? nil : context[OTLPContext.self]
        if let parent {
            guard parent.isSampled else { return OTLPSpan(nil, context: context) }
        } else if kind == .client || kind == .producer || rate.wait() != nil {
            return .unsampled(kind, in: context)
        }
        let id = ids.next(in: parent?.id?.traceID, isSampled: true)
        context[OTLPContext.self] = OTLPContext.Value(id: id, state: parent?.state)
        let recording = OTLPRecording(
            operationName, kind, id: id, parent: parent?.id?.spanID, traceState: parent?.state,
            start: instant().nanosecondsSinceEpoch, exporter: exporter)
        return OTLPSpan(recording, context: context)
    }

    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let value = context[OTLPContext.self] else { return }
        let id = value.id ?? ids.next(in: nil, isSampled: false)
        injector.inject(id.text, forKey: "traceparent", into: &carrier)
        if let state = value.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }

    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier).flatMap({ TraceParent($0) }) else {
            return
        }
        context[OTLPContext.self] = OTLPContext.Value(
            id: parent, state: extractor.extract(key: "tracestate", from: carrier))
    }

    /// Does nothing: see ``OTLPExporter/end(within:)``.
    public func forceFlush() {}
}

/// Random ids. Each is a number of a generator whose seed is the system's: to ask the system for each takes longer than
/// all else that a span costs that is not recorded.
private final class IDs: Sendable {
    private let generator = Mutex(SeededRandom(seed: UInt64.random(in: .min ... .max)))

    func next(in trace: (high: UInt64, low: UInt64)?, isSampled: Bool) -> TraceParent {
        generator.withLock { generator in
            TraceParent(
                traceID: trace ?? (generator.next(), generator.next() | 1), spanID: generator.next() | 1,
                isSampled: isSampled)
        }
    }
}

/// The span that a context is in.
enum OTLPContext: ServiceContextKey {
    struct Value: Sendable {
        /// nil for a trace that is not sampled and has no id yet.
        let id: TraceParent?
        let state: String?

        var isSampled: Bool { id?.isSampled ?? false }
    }
}
