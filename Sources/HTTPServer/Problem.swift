import BgdemoFoundations

/// Why a request does not get what it asked for: a status, and words for the client (after RFC 9457).
public struct Problem: Error, Sendable, Hashable {
    public let status: HTTPStatus
    /// What was wrong.
    public let reason: String
    /// What to send instead, where that can be said.
    public let advice: String?
    /// Header fields that the status asks for, such as `Allow` and `Retry-After`.
    public var headers: [HTTPHeader]

    public init(_ status: HTTPStatus, _ reason: String, advice: String? = nil, headers: [HTTPHeader] = []) {
        self.status = status
        self.reason = reason
        self.advice = advice
        self.headers = headers
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
}
