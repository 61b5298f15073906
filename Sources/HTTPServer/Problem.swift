import BgdemoFoundations

/// Why a request does not get what it asked for: a status, and words for the client (after RFC 9457).
public struct Problem: Error, Sendable, Hashable {
    /// One word of memory in each task that waits, for what is rare.
    private final class Content: Sendable {
        let status: HTTPStatus
        let reason: String
        let advice: String?
        let headers: [HTTPHeader]

        init(_ status: HTTPStatus, _ reason: String, _ advice: String?, _ headers: [HTTPHeader]) {
            (self.status, self.reason, self.advice, self.headers) = (status, reason, advice, headers)
        }
    }

    private let content: Content

    public var status: HTTPStatus { content.status }
    /// What was wrong.
    public var reason: String { content.reason }
    /// What to send instead, where that can be said.
    public var advice: String? { content.advice }
    /// Header fields that the status asks for, such as `Allow` and `Retry-After`.
    public var headers: [HTTPHeader] { content.headers }

    public init(_ status: HTTPStatus, _ reason: String, advice: String? = nil, headers: [HTTPHeader] = []) {
        content = Content(status, reason, advice, headers)
    }

    public static func == (one: Problem, other: Problem) -> Bool {
        one.status == other.status && one.reason == other.reason && one.advice == other.advice
            && one.headers == other.headers
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(reason)
    }

    /// 503, with the time to wait before the next try.
    public static func unavailable(_ reason: String, retryAfter: Duration) -> Problem {
        let seconds = max(1, Int(retryAfter.components.seconds))
        return Problem(.serviceUnavailable, reason, headers: [HTTPHeader("Retry-After", String(seconds))])
    }

    /// `{"error":{"status":400,"reason":"…","send":"…"}}`
    public var response: HTTPResponse {
        var json = JSONWriter()
        json.raw("{\"error\":{")
        json.member("status", status.code)
        json.member("reason", reason)
        if let advice { json.member("send", advice) }
        json.raw("}}\n")
        return HTTPResponse(status, .json, json.text, headers: headers)
    }
}

/// Responds to every request with the problem.
extension Problem: HTTPHandler {
    public func respond(to request: HTTPRequest) async -> HTTPResponse { response }

    public func answer(_ request: HTTPRequest) -> HTTPAnswer { .ready(response) }
}
