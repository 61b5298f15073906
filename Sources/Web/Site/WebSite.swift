import BgdemoFoundations
public import BgdemoHTTPServer
public import Logging
import NIOCore

/// The pages for people: finds the section of a request, checks who asks, and puts its page into the layout. What is for
/// none of them goes to `next`.
public struct WebSite: HTTPHandler {
    private let sections: [any PageRoutes]
    private let access: PageAccess
    private let layout: PageLayout
    private let next: (any HTTPHandler)?
    private let logger: Logger
    private let streams = EventStreams()
    private let assets: [String: Asset]

    /// - Parameters:
    ///   - links: More entries of the navigation, such as the metrics.
    ///   - next: Answers what is for no page. Default: 404.
    public init(
        _ sections: [any PageSection], access: PageAccess, links: [(title: String, url: String)] = [],
        logger: Logger, next: (any HTTPHandler)? = nil
    ) {
        self.sections = sections.compactMap { $0 as? any PageRoutes }
        assets = self.sections.reduce(into: Asset.shared) { $0.merge($1.assets) { $1 } }
        self.access = access
        layout = PageLayout(self.sections, links: links, access: access)
        self.logger = logger
        self.next = next
    }

    /// What is no page's need not go through this handler.
    public func next(for request: HTTPRequest) -> (any HTTPHandler)? { Self.mayBePage(request.target) ? nil : next }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard Self.mayBePage(request.target), let path = PageRequest.path(of: request.target) else {
            return await other(request)
        }
        if let name = path.first, path.count == 2, name == "assets" { return asset(path[1].text, request) }
        switch path {
        case ["changes"]: return await changes(request)
        case ["sign-in"]: return SignInPage(access, layout, logger).signIn(request, Self.query(request.target))
        case ["sign-out"]: return SignInPage(access, layout, logger).signOut(request)
        default: break
        }
        guard let section = sections.first(where: { $0.owns(path, request.head) }) else { return await other(request) }
        do throws(Problem) {
            try checkReader(request.fields, of: section)
        } catch {
            return layout.refusal(error, request)
        }
        // Not on the event loop, which other connections wait for: a mail of 10 MB takes a while to be shown.
        return await withTaskExecutorPreference(globalConcurrentExecutor) {
            await respond(to: request, path, section)
        }
    }

    /// What is no page's is checked by what answers it.
    public func check(_ head: HTTPRequest.Head) -> Problem? {
        guard Self.mayBePage(head.target), let path = PageRequest.path(of: head.target) else {
            return next?.check(head)
        }
        // Anyone may ask for these two.
        if ["sign-in", "sign-out"].contains(path.first) { return Self.problemOfBody(head) }
        guard let section = sections.first(where: { $0.owns(path, head) }) else {
            return if let next { next.check(head) } else { Self.problemOfBody(head) }
        }
        do throws(Problem) {
            try checkReader(head.fields, of: section)
            return head.method == .post ? nil : Self.problemOfBody(head)
        } catch {
            return error
        }
    }

    private static func problemOfBody(_ head: HTTPRequest.Head) -> Problem? {
        head.problem(ofBodyLongerThan: HTTPRequest.Head.shortBody)
    }

    /// Whether a target may be a page's: mails, which are many, have an `@` in their first segment, and pages have none.
    private static func mayBePage(_ target: String) -> Bool {
        let first = target.utf8.dropFirst().prefix(24).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        return !first.contains(UInt8(ascii: "@")) && first.count < 24
    }

    private func other(_ request: HTTPRequest) async -> HTTPResponse {
        if let next { return await next.respond(to: request) }
        return layout.refusal(Problem(.notFound, "there is no such page"), request)
    }

    private func respond(
        to request: HTTPRequest, _ path: [ByteString], _ section: any PageRoutes
    ) async -> HTTPResponse {
        let form = PageFields(request.method == .post ? Array(request.body.readableBytesView) : [])
        let page = PageRequest(
            http: request, path: path, query: Self.query(request.target), form: form, mayAct: access.mayAct,
            formToken: access.formToken, user: user(request), streams: streams)
        let version = await section.version()
        do {
            switch request.method {
            case .get, .head: break
            case .post where section.home == "/" && path.isEmpty: try access.checkOrigin(request.fields)
            case .post:
                guard access.mayAct else {
                    throw Problem(.forbidden, "the pages are only read here", advice: "--pages-may-act")
                }
                try access.checkForm(request.fields, form)
                guard form.isWhole else {
                    throw Problem(.badRequest, "the form is not percent-encoded UTF-8, or too long")
                }
            case .options, .other:
                throw Problem(
                    .methodNotAllowed, "this method has no meaning here", advice: "GET or POST",
                    headers: [HTTPHeader("Allow", "GET, HEAD, POST")])
            }
            switch try await section.respond(to: page) {
            case .page(let title, let main, let files, let isLive):
                return layout.html(
                    title, main, .ok, request, section: section, version: isLive ? version : nil, files: files)
            case .redirect(let path):
                return HTTPResponse(.seeOther, .text, "", headers: Self.headers + [HTTPHeader("Location", path)])
            case .response(let response): return response
            }
        } catch let problem as Problem {
            return layout.refusal(problem, request)
        } catch {
            logger.warning("A page cannot be made", metadata: ["page": "\(section.home)", "error": "\(error)"])
            return layout.refusal(
                .unavailable(printable("\(error)", limit: 300), retryAfter: .seconds(1)), request, section: section,
                version: request.method == .get ? version : nil)
        }
    }

    // MARK: Access

    private func checkReader(_ fields: HTTPRequest.Fields, of section: any PageRoutes) throws(Problem) {
        switch access.readers {
        case .anyone: return
        case _ where section.isPublic: return
        case .withToken where access.isSignedIn(fields): return
        case .withToken:
            throw Problem(
                .unauthorized, "sign in with the token", advice: "Authorization: Bearer TOKEN",
                headers: [HTTPHeader("WWW-Authenticate", "Bearer realm=\"bgdemo\", Basic realm=\"bgdemo\"")])
        case .nobody:
            throw Problem(.forbidden, "beyond loopback these pages need a token", advice: "--token-file")
        }
    }

    private func user(_ request: HTTPRequest) -> String {
        if access.sessions.includes(cookie: request.fields.cookie) { return "session" }
        if case .anyone = access.readers { return "loopback" }
        return "token"
    }

    // MARK: Assets and streams

    private func asset(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        // A longer name is no asset: hashing a `String` of a client takes time.
        guard name.utf8.count <= 40, let asset = assets[name], request.method == .get || request.method == .head else {
            return layout.refusal(Problem(.notFound, "there is no such file"), request)
        }
        return HTTPResponse(.ok, asset.type, .bytes(asset.bytes), headers: Self.headers)
    }

    /// `GET /changes?page=PATH&after=VERSION`; a browser that reconnects says the version in Last-Event-ID.
    private func changes(_ request: HTTPRequest) async -> HTTPResponse {
        let query = Self.query(request.target)
        do throws(Problem) {
            guard request.method == .get, let page = query["page"], let path = PageRequest.path(of: page),
                let section = sections.first(where: { $0.owns(path, Self.head(ofPage: page)) })
            else { throw Problem(.notFound, "there is no such page") }
            try checkReader(request.fields, of: section)
            return try streams.changes(
                after: request.fields.lastEventID ?? query["after"], every: section.interval
            ) { await section.version() }
        } catch {
            return error.response
        }
    }

    /// As a browser asks for the page: the request for its stream accepts no HTML.
    private static func head(ofPage page: String) -> HTTPRequest.Head {
        var fields = HTTPRequest.Fields()
        fields.accept = "text/html"
        return HTTPRequest.Head(method: .get, target: page, minorVersion: 1, fields: fields, keepsAlive: true)
    }

    private static func query(_ target: String) -> PageFields {
        PageFields(Array(target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()))
    }

    package static let headers = [
        HTTPHeader(
            "Content-Security-Policy",
            """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
            frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
            """),
        HTTPHeader("Referrer-Policy", "same-origin"),
        HTTPHeader("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}
