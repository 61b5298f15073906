import BgdemoFoundations

/// Pages by their path, mails for everything else: an address has an `@`, a page has none, so that neither hides the
/// other.
public struct HTTPRouter: HTTPHandler {
    private let pages: [String: any HTTPHandler]
    private let mails: any HTTPHandler
    private let longestPath: Int

    public init(pages: [String: any HTTPHandler], mails: any HTTPHandler) {
        self.pages = pages
        self.mails = mails
        longestPath = pages.keys.map(\.utf8.count).max() ?? 0
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let target = request.target
        let path = target.everyByte { $0 != UInt8(ascii: "?") } ? target : Self.path(of: target)
        let page = path.utf8.count <= longestPath ? pages[path] : nil
        switch request.method {
        case .options:
            return HTTPResponse(.noContent, .text, "", headers: [HTTPHeader("Allow", Self.allowed(path, page != nil))])
        case .get, .head:
            if let page { return await page.respond(to: request) }
            guard path != "/favicon.ico" else { return Problem(.notFound, "there is no icon").response }
            return await mails.respond(to: request)
        case .post where request.target == "/":
            return await mails.respond(to: request)
        case .post, .other:
            return Problem(
                .methodNotAllowed, "this method has no meaning here",
                advice: "GET /TO/SUBJECT/TEXT, or POST / with the three as JSON or a form",
                headers: [HTTPHeader("Allow", Self.allowed(path, page != nil))]
            ).response
        }
    }

    private static func path(of target: String) -> String {
        String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))
    }

    private static func allowed(_ path: String, _ isPage: Bool) -> String {
        path == "/" || path == "*" ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS"
    }
}

/// A page whose text is made when it is asked for.
public struct PageHandler: HTTPHandler {
    private let make: @Sendable (HTTPRequest) async -> HTTPResponse

    public init(_ make: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
        self.make = make
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse { await make(request) }
}
