import BgdemoFoundations
import BgdemoHTTPServer

/// The frame of every page: its navigation, and what tells a browser to follow changes.
struct PageLayout {
    private let sections: [any PageRoutes]
    private let links: [(title: String, url: String)]
    private let access: PageAccess

    /// - Parameter links: More entries of the navigation.
    init(_ sections: [any PageRoutes], links: [(title: String, url: String)], access: PageAccess) {
        (self.sections, self.links, self.access) = (sections, links, access)
    }

    /// The path of the first page.
    var home: String { sections.first?.home ?? "/" }

    /// - Parameters:
    ///   - section: Whose page it is; nil for none's.
    ///   - version: Of the section, where the page follows its changes.
    ///   - files: Styles and scripts of the section's own.
    func html(
        _ title: String, _ main: HTMLText, _ status: HTTPStatus, _ request: HTTPRequest, section: (any PageRoutes)?,
        version: String? = nil, files: [String] = []
    ) -> HTTPResponse {
        var tabs: [TemplateValues] = sections.map {
            ["name": .text($0.name), "href": .text($0.home), "here": .flag($0.home == section?.home)]
        }
        tabs += links.map { ["name": .text($0.title), "href": .text($0.url), "here": false] }
        let page = Templates.render(
            "layout",
            [
                "title": .text(title), "main": .html(main), "tabs": .list(tabs), "version": .text(version),
                "section": .text(section?.home),
                "isSession": .flag(access.sessions.includes(cookie: request.fields.cookie)),
                "form_token": .text(access.formToken),
                "home": .text(home),
                "styles": .list(files.filter { $0.hasByteSuffix(".css") }.map { ["file": .text($0)] }),
                "scripts": .list(files.filter { $0.hasByteSuffix(".js") }.map { ["file": .text($0)] }),
            ])
        return HTTPResponse(status, .html, page.markup, headers: WebSite.headers)
    }

    /// A page where a browser asks, JSON for programs.
    ///
    /// - Parameters:
    ///   - section: Whose page was asked for. Default: nil, none's.
    ///   - version: Of the section, where the page follows its changes until it can be shown. Default: nil.
    func refusal(
        _ problem: Problem, _ request: HTTPRequest, section: (any PageRoutes)? = nil, version: String? = nil
    ) -> HTTPResponse {
        guard request.fields.accept?.containsBytes(of: "text/html") == true else { return problem.response }
        if problem.status == .unauthorized {
            return HTTPResponse(
                .seeOther, .text, "",
                headers: WebSite.headers + [HTTPHeader("Location", SignInPage.path(for: LocalPath(pageOf: request)))])
        }
        let main = Templates.render(
            "problem",
            [
                "code": .text(String(problem.status.code)), "phrase": .text(problem.status.phrase),
                "reason": .text(problem.reason), "advice": .text(problem.advice),
            ])
        var response = html(
            problem.status.phrase, main, problem.status, request, section: section, version: version)
        response.headers += problem.headers
        return response
    }
}
