public import NIOCore

/// One request, whole: a handler sees it only when its last byte is there.
public struct HTTPRequest: Sendable {
    public enum Method: Sendable, Hashable {
        case get, head, post, options
        /// Any other token; known well enough to be refused.
        case other
    }

    /// What stands before the body, after every rule of RFC 9112 was checked. A class, since it goes through many hands:
    /// a dozen strings are not to be counted anew for each.
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
    }

    /// The header fields that this server acts on; any other is read past.
    public struct Fields: Sendable {
        public var host: String?
        public var accept: String?
        public var authorization: String?
        public var contentType: String?
        public var expect: String?
        public var idempotencyKey: String?
        public var origin: String?
        public var secFetchSite: String?
        var connection: String?
        var contentLength: String?
        var transferEncoding: String?
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

/// Answers requests. Small ones compose into one: a gate before, routes beside each other.
public protocol HTTPHandler: Sendable {
    func respond(to request: HTTPRequest) async -> HTTPResponse
}
