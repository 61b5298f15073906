import BgdemoFoundations
import BgdemoTraceContext
import Synchronization
import Tracing

/// A trace goes on in the event: `traceparent` and `tracestate` are members of it.
extension ConsumerSession {
    /// How many failed attempts' spans this process remembers, to link the next attempts with them.
    private static let mostSpans = 1000

    /// The span of an attempt, where events are traced. The caller ends it.
    ///
    /// - Parameter retry: The retry that this is; nil at the first attempt.
    func startSpan(_ handler: EventHandler, _ event: Event, retry: ByteString? = nil) -> (any Span)? {
        guard let tracing else { return nil }
        let last = retry.flatMap { retry in failedSpans.withLock { $0.removeValue(forKey: retry) } }
        return tracing.startProcess(
            from: MessageTracer.log, TraceFields(of: event.bytes),
            [
                ("messaging.consumer.group.name", name), ("messaging.message.id", event.place.description),
                ("messaging.eventr.handler", handler.name), ("messaging.eventr.attempt", "\(event.failures + 1)"),
            ], after: TraceFields(word: last ?? ""))
    }

    /// Has a handler handle an event.
    func perform(_ handler: EventHandler, _ event: Event, in span: (any Span)?) async throws -> any Sendable {
        guard let span else { return try await handler.handle(event) }
        do {
            return try await ServiceContext.withValue(span.context) { try await handler.handle(event) }
        } catch {
            span.fail(error)
            throw error
        }
    }

    /// Remembers the span of an attempt that failed, for the next one in this process.
    func remember(_ span: (any Span)?, for retry: EventRetry) {
        guard let span, let tracing else { return }
        let word = TraceFields(span.context, tracing.tracer).word
        failedSpans.withLock { spans in
            if spans.count < Self.mostSpans { spans[ByteString(retry.text)] = word }
        }
    }
}
