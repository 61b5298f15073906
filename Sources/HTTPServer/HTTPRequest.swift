public import NIOCore

/// One request, whole: a handler sees it only when its last byte is there.
public struct HTTPRequest: Sendable {
    public enum Method: Sendable, Hashable {
        case get, head, post, options
        /// Any other token; known well enough to be refused.
        case other
    }

    /// What stands before the body, checked by every rule of RFC 9112. A class, so that passing it on retains one object
    /// and not a dozen strings.
    public final class Head: Sendable {
        public let method: Method
        /// The target in origin form (RFC 9112, section 3.2.1): `/path?query`, as it was sent, valid UTF-8.
        public let target: String
        /// 0 or 1 of HTTP/1.x.
        public let minorVersion: Int
        public let fields: Fields
        public let keepsAlive: Bool

        public init(method: Method, target: String, minorVersion: Int, fields: Fields, keepsAlive: Bool) {
            self.method = method
            self.target = target
            self.minorVersion = minorVersion
            self.fields = fields
            self.keepsAlive = keepsAlive
        }

        /// Of a request that could not be read.
        static let none = Head(method: .other, target: "", minorVersion: 1, fields: Fields(), keepsAlive: false)
    }

    /// The header fields that this server acts on; any other is skipped. Their text is the client's: compare it as bytes.
    public struct Fields: Sendable {
        public var host: String?
        public var accept: String?
        public var authorization: String?
        public var contentType: String?
        public var cookie: String?
        public var expect: String?
        public var idempotencyKey: String?
        public var lastEventID: String?
        public var origin: String?
        /// The values of `Sec-Purpose`, `Purpose`, `X-Purpose` and `X-Moz`: browsers say there that nobody has asked for the
        /// page yet.
        public var purpose: String?
        public var referer: String?
        public var secFetchSite: String?
        /// W3C Trace Context; the values of several are one, which is then none.
        public var traceparent: String?
        public var tracestate: String?
        var connection: String?
        var contentLength: String?
        var transferEncoding: String?

        public init() {}
    }

    public let head: Head
    public let body: ByteBuffer

    public init(head: Head, body: ByteBuffer = ByteBuffer()) {
        self.head = head
        self.body = body
    }

    public var method: Method { head.method }
    public var target: String { head.target }
    public var fields: Fields { head.fields }
}

/// Answers requests. Handlers compose: a check before another handler, or routes beside each other.
public protocol HTTPHandler: Sendable {
    /// The response to a whole request.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// The response, or what waits for it. A server asks for it on its event loop and starts a task only for the latter, so
    /// this must not block. Default: ``respond(to:)`` is waited for.
    func answer(_ request: HTTPRequest) -> HTTPAnswer

    /// Checks a head whose body has not come yet. What is refused here is answered without the body, and the connection
    /// ends. The whole request goes to ``respond(to:)`` all the same, which has to check it again. Default: nil.
    func check(_ head: HTTPRequest.Head) -> Problem?

    /// The handler that responds to this request instead; nil for this one itself. Default: nil.
    func next(for request: HTTPRequest) -> (any HTTPHandler)?
}

extension HTTPHandler {
    public func answer(_ request: HTTPRequest) -> HTTPAnswer { .awaited { await respond(to: request) } }

    public func check(_ head: HTTPRequest.Head) -> Problem? { nil }

    public func next(for request: HTTPRequest) -> (any HTTPHandler)? { nil }
}

/// What a handler has for a request.
public enum HTTPAnswer: Sendable {
    case ready(HTTPResponse)
    case awaited(@Sendable () async -> HTTPResponse)

    /// The response, when it is there.
    public var response: HTTPResponse {
        get async {
            switch self {
            case .ready(let response): response
            case .awaited(let response): await response()
            }
        }
    }
}

/// Chooses who responds to a request, and waits for nothing. A server asks for the choice before it starts a task: an
/// asynchronous call for each router on the way takes memory and time.
public protocol HTTPRouter: HTTPHandler {
    func route(_ request: HTTPRequest) -> any HTTPHandler
}

extension HTTPRouter {
    public func next(for request: HTTPRequest) -> (any HTTPHandler)? { route(request) }

    public func respond(to request: HTTPRequest) async -> HTTPResponse { await route(request).respond(to: request) }
}
