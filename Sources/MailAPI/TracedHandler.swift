import BgdemoFoundations
public import BgdemoHTTPServer
import BgdemoTraceContext
public import Tracing

/// A server span for each request for a mail, by OpenTelemetry's semantic conventions for HTTP. Its parent is the client's span,
/// where the request has a `traceparent`.
public struct TracedHandler<Next: HTTPHandler>: HTTPHandler {
    private let tracer: any Tracer
    private let next: Next

    public init(_ next: Next, _ tracer: any Tracer) {
        (self.next, self.tracer) = (next, tracer)
    }

    public func check(_ head: HTTPRequest.Head) -> Problem? { next.check(head) }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let route = Self.route(request)
        let span: any Span = tracer.startSpan(
            route.name(request.method), context: Self.parent(of: request, tracer), ofKind: .server)
        defer { span.end() }
        guard span.isRecording || span.context.isToBeSet else { return await next.respond(to: request) }
        let response = await ServiceContext.withValue(span.context) { await next.respond(to: request) }
        guard span.isRecording else { return response }
        span.updateAttributes { attributes in
            attributes["http.request.method"] = request.method.name
            attributes["http.route"] = route.rawValue
            attributes["http.response.status_code"] = response.status.code
        }
        if response.status.code >= 500 { span.fail("\(response.status.code)", "") }
        return response
    }

    /// The context that the client sent.
    private static func parent(of request: HTTPRequest, _ tracer: any Tracer) -> ServiceContext {
        guard let parent = request.fields.traceparent else { return .topLevel }
        var fields = TraceFields()
        fields.set("traceparent", parent)
        if let state = request.fields.tracestate { fields.set("tracestate", state) }
        return fields.context(tracer)
    }

    /// Not the path: it has an address and a text.
    private static func route(_ request: HTTPRequest) -> Route {
        if request.method == .post { return .post }
        return request.target.hasBytePrefix("/mails/") ? .mail : .path
    }
}

private enum Route: String {
    case post = "/"
    case mail = "/mails/{id}"
    case path = "/{to}/{subject}/{text}"

    /// The span's: it is made for each request.
    func name(_ method: HTTPRequest.Method) -> String {
        self == .path && method == .get ? "GET /{to}/{subject}/{text}" : "\(method.name) \(rawValue)"
    }
}

extension HTTPRequest.Method {
    fileprivate var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .options: "OPTIONS"
        case .other: "_OTHER"
        }
    }
}
