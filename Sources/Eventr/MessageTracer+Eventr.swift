import BgdemoTraceContext
import NIOCore
import RedisClient
import Tracing

extension MessageTracer {
    /// The name of the log, as a destination of messages.
    static let log = "eventr"

    convenience init?(_ tracer: (any Tracer)?) { self.init(tracer, system: "eventr") }

    /// Writes an event, as its `write` does, with what it carries of a trace.
    func write(
        _ event: ByteBuffer, _ write: (ByteBuffer) async throws(RedisError) -> Event.Place
    ) async throws(RedisError) -> Event.Place {
        try await send(to: Self.log) { (fields) async throws(RedisError) in
            try await write(ByteBuffer(bytes: fields.added(to: Array(event.readableBytesView))))
        }
    }
}
