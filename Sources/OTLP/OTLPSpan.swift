import BgdemoFoundations
public import Tracing

/// A span of an ``OTLPTracer``. One that is not sampled has nothing but the context that it carries on.
public final class OTLPSpan: Span {
    public let context: ServiceContext
    /// nil where the span is not sampled.
    private let recording: OTLPRecording?

    init(_ recording: OTLPRecording?, context: ServiceContext) {
        (self.recording, self.context) = (recording, context)
    }

    /// A span without a parent that is not sampled, as most are under load.
    static func unsampled(_ kind: SpanKind, in context: ServiceContext) -> OTLPSpan {
        let isSender = kind == .client || kind == .producer
        guard !context.isEmpty else { return isSender ? unsampledSender : unsampledReceiver }
        return OTLPSpan(nil, context: isSender ? unsampled(context) : context)
    }

    private static let unsampledReceiver = OTLPSpan(nil, context: .topLevel)
    private static let unsampledSender = OTLPSpan(nil, context: unsampled(.topLevel))

    private static func unsampled(_ context: ServiceContext) -> ServiceContext {
        var context = context
        context[OTLPContext.self] = OTLPContext.Value(id: nil, state: nil)
        return context
    }

    public var isRecording: Bool { recording?.withState { !$0.isEnded } ?? false }

    public var operationName: String {
        get { recording?.withState(\.name) ?? "" }
        set { recording?.withState { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { recording?.withState(\.attributes) ?? [:] }
        set { recording?.withState { $0.attributes = newValue } }
    }

    public func setStatus(_ status: SpanStatus) { recording?.withState { $0.status = status } }

    public func addEvent(_ event: SpanEvent) { recording?.add(event) }

    public func addLink(_ link: SpanLink) { recording?.add(link) }

    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard recording != nil else { return }
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        attributes["exception.message"] = printable("\(error)", limit: 500)
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        recording?.end(at: instant().nanosecondsSinceEpoch)
    }
}
