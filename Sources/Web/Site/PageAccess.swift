import BgdemoFoundations
public import BgdemoHTTPServer

/// Who may read the pages, and who may act on them.
public struct PageAccess: Sendable {
    enum Reader: Sendable {
        case anyone
        /// With the token, or signed in with it.
        case withToken
        /// Others could read, and there is no token to ask for.
        case nobody
    }

    let readers: Reader
    let mayAct: Bool
    let token: BearerToken?
    let sessions: PageSessions
    /// In every form. Another page of the browser cannot know it.
    let formToken = PageSessions.randomText()
    private let browsers: BrowserCheck

    /// - Parameters:
    ///   - host: What the server listens on. On loopback everyone reads and acts.
    ///   - token: What is asked for elsewhere, and on loopback where there is a public name. Default: nil, and elsewhere nobody
    ///     reads.
    ///   - anyoneMayRead: Whether everyone reads where there is no token. Default: false.
    ///   - mayAct: Whether pages act where others reach them, too. Default: false, they are only read.
    ///   - publicHosts: Names of the server besides the one in `Host`, such as a proxy's. Without a token the proxy is what
    ///     keeps strangers out. Default: none.
    public init(
        listeningOn host: String, token: BearerToken? = nil, anyoneMayRead: Bool = false, mayAct: Bool = false,
        publicHosts: [String] = []
    ) {
        let isLocal = !HostCheck.isReachedByOthers(listeningOn: host, publicHosts: token == nil ? [] : publicHosts)
        readers = isLocal ? .anyone : token != nil ? .withToken : anyoneMayRead ? .anyone : .nobody
        self.mayAct = isLocal || mayAct
        self.token = token
        sessions = PageSessions(token: token)
        browsers = BrowserCheck(publicHosts: publicHosts)
    }

    /// Refuses a change that this site's own page did not ask for.
    func checkForm(_ fields: HTTPRequest.Fields, _ form: PageFields) throws(Problem) {
        try checkOrigin(fields)
        guard let given = form["form_token"], BearerToken(formToken).matches(given) else {
            throw Problem(.forbidden, "the page is of an earlier start of the server", advice: "reload the page")
        }
    }

    /// Browsers send Sec-Fetch-Site to loopback and over https, and an Origin with every POST.
    func checkOrigin(_ fields: HTTPRequest.Fields) throws(Problem) {
        var address = fields
        address.secFetchSite = nil
        guard fields.origin != nil, fields.secFetchSite.map({ $0.hasSameBytes(as: "same-origin") }) ?? true,
            (try? browsers.check(address)) != nil
        else { throw Problem(.forbidden, "only a page of this site may ask for this") }
    }

    /// Whether the request brings a session's cookie or the token.
    func isSignedIn(_ fields: HTTPRequest.Fields) -> Bool {
        if let token, token.isBearer(in: fields) || token.isPassword(in: fields) { return true }
        return sessions.includes(cookie: fields.cookie)
    }
}
