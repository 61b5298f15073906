import NIOCore

/// A status of RFC 9110, section 15.
public struct HTTPStatus: Sendable, Hashable {
    public let code: Int
    public let phrase: String

    public static let ok = HTTPStatus(code: 200, phrase: "OK")
    public static let noContent = HTTPStatus(code: 204, phrase: "No Content")
    public static let seeOther = HTTPStatus(code: 303, phrase: "See Other")
    public static let badRequest = HTTPStatus(code: 400, phrase: "Bad Request")
    public static let unauthorized = HTTPStatus(code: 401, phrase: "Unauthorized")
    public static let forbidden = HTTPStatus(code: 403, phrase: "Forbidden")
    public static let notFound = HTTPStatus(code: 404, phrase: "Not Found")
    public static let methodNotAllowed = HTTPStatus(code: 405, phrase: "Method Not Allowed")
    public static let requestTimeout = HTTPStatus(code: 408, phrase: "Request Timeout")
    public static let conflict = HTTPStatus(code: 409, phrase: "Conflict")
    public static let contentTooLarge = HTTPStatus(code: 413, phrase: "Content Too Large")
    public static let uriTooLong = HTTPStatus(code: 414, phrase: "URI Too Long")
    public static let unsupportedMediaType = HTTPStatus(code: 415, phrase: "Unsupported Media Type")
    public static let expectationFailed = HTTPStatus(code: 417, phrase: "Expectation Failed")
    public static let tooManyRequests = HTTPStatus(code: 429, phrase: "Too Many Requests")
    public static let headersTooLarge = HTTPStatus(code: 431, phrase: "Request Header Fields Too Large")
    public static let internalServerError = HTTPStatus(code: 500, phrase: "Internal Server Error")
    public static let notImplemented = HTTPStatus(code: 501, phrase: "Not Implemented")
    public static let serviceUnavailable = HTTPStatus(code: 503, phrase: "Service Unavailable")
    public static let versionNotSupported = HTTPStatus(code: 505, phrase: "HTTP Version Not Supported")
}

/// One header field of a response. Name and value are the program's own, never a client's.
public struct HTTPHeader: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a handler answers. The server adds length, date and connection.
public struct HTTPResponse: Sendable, Hashable {
    public enum ContentType: String, Sendable {
        case json = "application/json"
        case text = "text/plain; charset=utf-8"
        case html = "text/html; charset=utf-8"
        case css = "text/css; charset=utf-8"
        case javascript = "text/javascript; charset=utf-8"
        case svg = "image/svg+xml"
        case eventStream = "text/event-stream"
        case bytes = "application/octet-stream"
        case prometheus = "text/plain; version=0.0.4; charset=utf-8"
        case asciiText = "text/plain; charset=us-ascii"
    }

    public let status: HTTPStatus
    public let type: ContentType
    public let body: Body
    public var headers: [HTTPHeader]

    public enum Body: Sendable, Hashable {
        case text(String)
        case bytes([UInt8])
        /// Of unknown length: its end is the end of the connection.
        case stream(ResponseStream)

        /// None of a stream.
        public var bytes: [UInt8] {
            switch self {
            case .text(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            case .stream: []
            }
        }

        var count: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .bytes(let bytes): bytes.count
            case .stream: 0
            }
        }

        var isStream: Bool {
            if case .stream = self { true } else { false }
        }
    }

    public init(_ status: HTTPStatus, _ type: ContentType, _ text: String, headers: [HTTPHeader] = []) {
        self.init(status, type, .text(text), headers: headers)
    }

    public init(_ status: HTTPStatus, _ type: ContentType, _ body: Body, headers: [HTTPHeader] = []) {
        self.status = status
        self.type = type
        self.body = body
        self.headers = headers
    }

    /// Writes status line, header fields and, except to HEAD, the body (RFC 9112, section 6).
    func write(into buffer: inout ByteBuffer, date: String, to head: HTTPRequest.Head, closing: Bool) {
        buffer.writeString(status.code == 200 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 \(status.code) \(status.phrase)\r\n")
        buffer.writeString(date)
        // RFC 9110, section 8.6: a response to HEAD may have no length, and has none where GET's would be another.
        if case .stream = body {
            buffer.writeString(Self.typeFields(type))
        } else if status.code != 204, head.method != .head || body.count > 0 {
            buffer.writeString(type == .json ? Self.jsonFields : Self.fields(type))
            buffer.writeString(String(body.count))
            buffer.writeString("\r\n")
        }
        for header in headers {
            buffer.writeString("\(header.name): \(header.value)\r\n")
        }
        if closing || body.isStream && head.method != .head {
            buffer.writeString("Connection: close\r\n")
        } else if head.minorVersion == 0 {
            buffer.writeString("Connection: keep-alive\r\n")
        }
        buffer.writeString("\r\n")
        guard head.method != .head, status.code != 204 else { return }
        switch body {
        case .text(let text): buffer.writeString(text)
        case .bytes(let bytes): buffer.writeBytes(bytes)
        case .stream: break
        }
    }

    private static let jsonFields = fields(.json)

    private static func fields(_ type: ContentType) -> String { typeFields(type) + "Content-Length: " }

    private static func typeFields(_ type: ContentType) -> String {
        """
        Content-Type: \(type.rawValue)\r
        Cache-Control: no-store\r
        X-Content-Type-Options: nosniff\r

        """
    }
}
