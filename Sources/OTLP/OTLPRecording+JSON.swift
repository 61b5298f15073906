import BgdemoFoundations
import Tracing

/// A span in the JSON of OTLP 1 (opentelemetry/proto/trace/v1): ids are hexadecimal, numbers of 64 bits are strings.
extension OTLPRecording {
    func json(_ state: State, end: UInt64) -> [UInt8] {
        var json = JSONWriter(capacity: 700)
        json.object { json in
            json.member("traceId", id.traceIDText)
            json.member("spanId", id.spanID.hexadecimal)
            if let parent { json.member("parentSpanId", parent.hexadecimal) }
            if let traceState { json.member("traceState", traceState) }
            json.member("name", state.name)
            json.member("kind", kind.number)
            json.member("startTimeUnixNano", "\(start)")
            json.member("endTimeUnixNano", "\(end)")
            json.write(state.attributes)
            if !state.events.isEmpty {
                json.name("events")
                json.array { json in for event in state.events { json.write(event) } }
            }
            if !state.links.isEmpty {
                json.name("links")
                json.array { json in for link in state.links { json.write(link) } }
            }
            if let status = state.status {
                json.name("status")
                json.object { json in
                    json.member("code", status.code == .ok ? 1 : 2)
                    if let message = status.message { json.member("message", message) }
                }
            }
        }
        return json.bytes
    }
}

extension SpanKind {
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}

extension JSONWriter {
    /// The member `attributes`, where there are any.
    fileprivate mutating func write(_ attributes: SpanAttributes) {
        guard !attributes.isEmpty else { return }
        name("attributes")
        array { json in attributes.forEach { json.write($0, $1) } }
    }

    private mutating func write(_ key: String, _ attribute: SpanAttribute) {
        object { json in
            json.member("key", key)
            json.name("value")
            json.object { json in
                switch attribute {
                case .int32(let number): json.member("intValue", "\(number)")
                case .int64(let number): json.member("intValue", "\(number)")
                case .double(let number) where number.isFinite:
                    json.name("doubleValue")
                    json.raw("\(number)")
                case .bool(let value): json.member("boolValue", value)
                case .string(let text): json.member("stringValue", text)
                case .stringConvertible(let value): json.member("stringValue", "\(value)")
                // Nothing here has arrays.
                default: json.member("stringValue", "\(attribute)")
                }
            }
        }
    }

    fileprivate mutating func write(_ event: SpanEvent) {
        object { json in
            json.member("timeUnixNano", "\(event.nanosecondsSinceEpoch)")
            json.member("name", event.name)
            json.write(event.attributes)
        }
    }

    fileprivate mutating func write(_ link: SpanLink) {
        guard let id = link.context[OTLPContext.self]?.id else { return }
        object { json in
            json.member("traceId", id.traceIDText)
            json.member("spanId", id.spanID.hexadecimal)
            json.write(link.attributes)
        }
    }
}
