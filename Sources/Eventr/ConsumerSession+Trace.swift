import BgdemoFoundations
import BgdemoTraceContext
import Synchronization
import Tracing

/// A trace goes on in the event: `traceparent` and `tracestate` are members of it.
extension ConsumerSession {
    /// The span of an attempt, where events are traced. The caller ends it.
    ///
    /// - Parameter retry: The retry that this is; nil at the first attempt.
    func startSpan(_ handler: EventHandler, _ event: Event, retry: ByteString? = nil) -> (any Span)? {
        guard let tracing else { return nil }
        return tracing.startProcess(
            from: MessageTracer.log, TraceFields(of: event.bytes),
            [
                ("messaging.consumer.group.name", name), ("messaging.message.id", event.place.description),
                ("messaging.eventr.handler", handler.name), ("messaging.eventr.attempt", "\(event.failures + 1)"),
            ], after: retry.map { failedSpans.take($0) } ?? TraceFields())
    }

    /// Has a handler handle an event.
    func perform(_ handler: EventHandler, _ event: Event, in span: (any Span)?) async throws -> any Sendable {
        guard let span else { return try await handler.handle(event) }
        do {
            guard span.context.isToBeSet else { return try await handler.handle(event) }
            return try await ServiceContext.withValue(span.context) { try await handler.handle(event) }
        } catch {
            span.fail(error)
            throw error
        }
    }

    /// Remembers the span of an attempt that failed, for the next one in this process.
    func remember(_ span: (any Span)?, for retry: EventRetry) {
        guard let span, let tracing else { return }
        failedSpans.remember(span, of: tracing.tracer, for: ByteString(retry.text))
    }
}
