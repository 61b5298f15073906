import BgdemoFoundations
public import BgdemoHTTPServer

/// Pages by their path, mails for everything else. An address has an `@` and the path of a page has none, so that neither
/// hides the other.
public struct MailRouter: HTTPRouter {
    private let pages: [String: any HTTPHandler]
    private let mails: any HTTPHandler
    private let longestPath: Int

    /// - Parameters:
    ///   - pages: By their paths, which are ASCII: `/healthz`.
    ///   - mails: Gets `GET` and `HEAD` of every other path, and `POST /`.
    public init(pages: [String: any HTTPHandler], mails: any HTTPHandler) {
        self.pages = pages
        self.mails = mails
        longestPath = pages.keys.map(\.utf8.count).max() ?? 0
    }

    public func route(_ request: HTTPRequest) -> any HTTPHandler {
        switch request.method {
        case .options:
            return PageHandler {
                HTTPResponse(.noContent, .text, "", headers: [HTTPHeader("Allow", Self.allowed($0.target))])
            }
        case .get, .head:
            if let page = page(request.target) { return page }
            guard !request.target.hasSameBytes(as: "/favicon.ico") else {
                return Problem(.notFound, "there is no icon")
            }
            return mails
        case .post where request.target.hasSameBytes(as: "/"): return mails
        case .post, .other: return Self.notAllowed(request.target)
        }
    }

    public func check(_ head: HTTPRequest.Head) -> Problem? {
        switch head.method {
        case .post where head.target.hasSameBytes(as: "/"): mails.check(head)
        case .post, .other: Self.notAllowed(head.target)
        case .get, .head: (page(head.target) == nil ? mails.check(head) : nil) ?? Self.problemOfBody(head)
        case .options: Self.problemOfBody(head)
        }
    }

    /// These methods need no body.
    private static func problemOfBody(_ head: HTTPRequest.Head) -> Problem? {
        head.problem(ofBodyLongerThan: HTTPRequest.Head.shortBody)
    }

    /// Only a path that is no longer than a page's is looked up: hashing a `String` of a client takes time.
    private func page(_ target: String) -> (any HTTPHandler)? {
        let path = Self.path(of: target)
        return path.utf8.count <= longestPath ? pages[path] : nil
    }

    private static func path(of target: String) -> String {
        target.everyByte { $0 != UInt8(ascii: "?") }
            ? target : String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))
    }

    private static func notAllowed(_ target: String) -> Problem {
        Problem(
            .methodNotAllowed, "this method has no meaning here",
            advice: "GET /TO/SUBJECT/TEXT, or POST / with the three as JSON or a form",
            headers: [HTTPHeader("Allow", allowed(target))])
    }

    private static func allowed(_ target: String) -> String {
        let path = path(of: target)
        return path.hasSameBytes(as: "/") || path.hasSameBytes(as: "*")
            ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS"
    }
}
