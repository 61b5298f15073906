import BgdemoFoundations
public import Tracing

/// The spans of messages, by OpenTelemetry's semantic conventions for messaging: a producer span for each that is sent, a
/// consumer span for each that is processed, whose parent is the producer's.
///
/// Where there is no tracer there is none of these either: what costs nothing is not called.
public final class MessageTracer: Sendable {
    public let tracer: any Tracer
    /// `messaging.system`
    private let system: String

    /// - Parameters:
    ///   - tracer: Nil for that of `InstrumentationSystem`.
    ///   - system: `messaging.system`, such as `resque`.
    /// - Returns: nil where there is no tracer, or one that does nothing.
    public convenience init?(_ tracer: (any Tracer)?, system: String) {
        let tracer = tracer ?? InstrumentationSystem.tracer
        guard !(tracer is NoOpTracer) else { return nil }
        self.init(tracer: tracer, system: system)
    }

    /// The same for another system.
    public func with(system: String) -> MessageTracer { MessageTracer(tracer: tracer, system: system) }

    private init(tracer: any Tracer, system: String) { (self.tracer, self.system) = (tracer, system) }

    /// Sends a message, or several in one step.
    ///
    /// - Parameters:
    ///   - destination: The queue, channel or log.
    ///   - count: How many messages. Default: 1.
    ///   - attributes: Of the span, besides those of each message. Default: none.
    ///   - body: Sends the messages with these fields.
    /// - Throws: What `body` throws; the span then has it as its error.
    public func send<Result, Failure: Error>(
        to destination: String, count: Int = 1, _ attributes: @autoclosure () -> [(String, String)] = [],
        _ body: (TraceFields) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let span = start("send", .producer, destination, ServiceContext.current ?? .topLevel, attributes())
        if count != 1 { span.updateAttributes { $0["messaging.batch.message_count"] = count } }
        defer { span.end() }
        let fields = TraceFields(span.context, tracer)
        // `withValue` has no typed throws.
        let result = await ServiceContext.withValue(span.context) { () async -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try await body(fields))
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let error) = result { span.fail(error) }
        return try result.get()
    }

    /// The fields of a message that is made now, and sent in a step of something else.
    public func create(
        for destination: String, _ attributes: @autoclosure () -> [(String, String)] = []
    ) -> TraceFields {
        let span = start("create", .producer, destination, ServiceContext.current ?? .topLevel, attributes())
        defer { span.end() }
        return TraceFields(span.context, tracer)
    }

    /// The span of a message that is processed from now on. The caller ends it.
    ///
    /// - Parameters:
    ///   - source: The queue, channel or log that it came from.
    ///   - fields: What it carries.
    ///   - attributes: Of the span, besides those of each message.
    ///   - last: What was kept of the last attempt's span, which is linked; empty for none.
    public func startProcess(
        from source: String, _ fields: TraceFields, _ attributes: @autoclosure () -> [(String, String)] = [],
        after last: TraceFields = TraceFields()
    ) -> any Span {
        let span = start("process", .consumer, source, fields.context(tracer), attributes())
        if !last.isEmpty { span.addLink(SpanLink(context: last.context(tracer), attributes: [:])) }
        return span
    }

    private func start(
        _ operation: String, _ kind: SpanKind, _ destination: String, _ context: ServiceContext,
        _ attributes: @autoclosure () -> [(String, String)]
    ) -> any Span {
        let destination = printable(destination, limit: 200)
        let span: any Span = tracer.startSpan("\(operation) \(destination)", context: context, ofKind: kind)
        guard span.isRecording else { return span }
        span.updateAttributes { all in
            all["messaging.system"] = system
            all["messaging.destination.name"] = destination
            all["messaging.operation.name"] = operation
            all["messaging.operation.type"] = operation
            for (name, value) in attributes() { all[name] = printable(value, limit: 200) }
        }
        return span
    }
}

extension ServiceContext {
    /// Whether it has to be set for what runs in it. An asynchronous `withValue` costs two hops of the executor: it is not called
    /// for the spans that carry nothing, which are most.
    public var isToBeSet: Bool { !isEmpty || ServiceContext.current != nil }
}

extension Span {
    /// Records an error and its type, by the semantic conventions, as the span's status.
    public func fail(_ error: any Error) {
        guard isRecording else { return }
        recordError(error)
        fail("\(type(of: error))", printable("\(error)", limit: 500))
    }

    /// Sets the status and `error.type`.
    public func fail(_ type: String, _ message: String) {
        updateAttributes { $0["error.type"] = type }
        setStatus(SpanStatus(code: .error, message: message))
    }
}
