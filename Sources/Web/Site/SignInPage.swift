import BgdemoHTTPServer
import Logging
import NIOCore

/// Where a browser gets a session for the token, and ends it.
struct SignInPage {
    private let access: PageAccess
    private let layout: PageLayout
    private let logger: Logger

    init(_ access: PageAccess, _ layout: PageLayout, _ logger: Logger) {
        (self.access, self.layout, self.logger) = (access, layout, logger)
    }

    /// The form, and what a browser posts by it: the token, for a cookie.
    func signIn(_ request: HTTPRequest) -> HTTPResponse {
        guard request.method == .post else {
            return layout.html("Sign in", Templates.render("sign-in", [:]), .ok, request, section: nil)
        }
        let form = PageFields(Array(request.body.readableBytesView))
        do throws(Problem) {
            try access.checkOrigin(request.fields)
        } catch {
            return layout.refusal(error, request)
        }
        let message: String
        let status: HTTPStatus
        switch access.sessions.signIn(form["token"] ?? "") {
        case .signedIn(let session):
            logger.info("A browser has signed in")
            let seconds = PageSessions.lifetime.components.seconds
            let cookie = "\(PageSessions.cookie)=\(session); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            return HTTPResponse(
                .seeOther, .text, "",
                headers: WebSite.headers + [HTTPHeader("Set-Cookie", cookie), HTTPHeader("Location", layout.home)])
        case .wrong: (message, status) = ("The token is wrong.", .unauthorized)
        case .tooManyTries:
            (message, status) = ("There were five tries within a minute. Wait a minute.", .tooManyRequests)
        }
        logger.warning("A sign-in was refused", metadata: ["reason": "\(message)"])
        return layout.html(
            "Sign in", Templates.render("sign-in", ["message": .text(message)]), status, request, section: nil)
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
