package import BgdemoFoundations
package import BgdemoHTTPServer

/// A request for a page, taken apart.
package struct PageRequest: Sendable {
    package let http: HTTPRequest
    /// The path's segments, percent-decoded; none of `/`.
    package let path: [ByteString]
    package let query: PageFields
    /// Of a POST.
    package let form: PageFields
    /// Whether actions are offered and taken.
    package let mayAct: Bool
    /// For the hidden field `form_token` of each form that changes something.
    package let formToken: String
    /// Who asks, for the log.
    package let user: String
    /// Where a section opens an event stream of its own.
    package let streams: EventStreams

    package var isPost: Bool { http.method == .post }

    /// The path of `target`, or nil where it is broken.
    static func path(of target: String) -> [ByteString]? {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.first == UInt8(ascii: "/") else { return nil }
        var segments: [ByteString] = []
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let text = try? PercentDecoding.text(segment) else { return nil }
            segments.append(ByteString(text))
        }
        if let last = segments.last, last.isEmpty { segments.removeLast() }
        return segments
    }
}
