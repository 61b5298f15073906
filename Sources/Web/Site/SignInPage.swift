import BgdemoFoundations
import BgdemoHTTPServer
import Logging
import NIOCore

/// Where a browser gets a session for the token, and ends it. `/sign-in?to=PATH` leads to the page that was asked for.
struct SignInPage {
    private let access: PageAccess
    private let layout: PageLayout
    private let logger: Logger

    init(_ access: PageAccess, _ layout: PageLayout, _ logger: Logger) {
        (self.access, self.layout, self.logger) = (access, layout, logger)
    }

    /// - Parameter page: Where to go then; nil for the first page.
    static func path(for page: LocalPath?) -> String {
        page.map { "/sign-in?to=\(PageFields.encode($0.text))" } ?? "/sign-in"
    }

    private func form(_ page: LocalPath?, _ message: String?, _ status: HTTPStatus, _ request: HTTPRequest)
        -> HTTPResponse
    {
        let main = Templates.render("sign-in", ["to": .text(page?.text), "message": .text(message)])
        return layout.html("Sign in", main, status, request, section: nil)
    }

    /// The form, and what a browser posts by it: the token, for a cookie.
    ///
    /// - Parameter query: Of the request's target.
    func signIn(_ request: HTTPRequest, _ query: PageFields) -> HTTPResponse {
        guard request.method == .post else { return form(query["to"].flatMap { LocalPath($0) }, nil, .ok, request) }
        let fields = PageFields(Array(request.body.readableBytesView))
        let page = fields["to"].flatMap { LocalPath($0) }
        do throws(Problem) {
            try access.checkOrigin(request.fields)
        } catch {
            return layout.refusal(error, request)
        }
        let message: String
        let status: HTTPStatus
        switch access.sessions.signIn(fields["token"] ?? "") {
        case .signedIn(let session):
            logger.info("A browser has signed in")
            let seconds = PageSessions.lifetime.components.seconds
            let cookie = "\(PageSessions.cookie)=\(session); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            return HTTPResponse(
                .seeOther, .text, "",
                headers: WebSite.headers + [
                    HTTPHeader("Set-Cookie", cookie), HTTPHeader("Location", page?.text ?? layout.home),
                ])
        case .wrong: (message, status) = ("The token is wrong.", .unauthorized)
        case .tooManyTries:
            (message, status) = ("There were five tries within a minute. Wait a minute.", .tooManyRequests)
        }
        logger.warning("A sign-in was refused", metadata: ["reason": "\(message)"])
        return form(page, message, status, request)
    }

    func signOut(_ request: HTTPRequest) -> HTTPResponse {
        do throws(Problem) {
            guard request.method == .post else { throw Problem(.methodNotAllowed, "POST signs out") }
            try access.checkForm(request.fields, PageFields(Array(request.body.readableBytesView)))
        } catch {
            return layout.refusal(error, request)
        }
        access.sessions.end(cookie: request.fields.cookie)
        let cookie = "\(PageSessions.cookie)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        return HTTPResponse(
            .seeOther, .text, "",
            headers: WebSite.headers + [HTTPHeader("Set-Cookie", cookie), HTTPHeader("Location", "/sign-in")])
    }
}
