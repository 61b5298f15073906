import BgdemoHTTPServer
import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

@testable import BgdemoWeb

@Suite(.timeLimit(.minutes(1))) struct PageAccessTests {
    private static let beyond = PageAccess(listeningOn: "0.0.0.0", token: BearerToken("secret"), mayAct: true)

    @Test("Beyond loopback every page asks for the token, as a cookie or as Bearer")
    func signIn() async throws {
        try await WebServer.with(Self.beyond) { web in
            try await web.receive(["Subject: s\r\n\r\nx"])
            for target in ["/", "/mails/1", "/mails/1.eml", "/mails.json", "/mails/wait?within=1s"] {
                #expect(try await web.get(target, headers: []).status == 401)
                let page = try await web.get(target)
                let location = "/sign-in?to=\(PageFields.encode(target))"
                #expect(page.status == 303 && page["location"] == location, "\(target)")
            }
            #expect(try await web.get("/changes?page=/", headers: []).status == 401)
            #expect(try await web.get("/assets/style.css").status == 200)
            let wrong = try await web.post("/sign-in", "token=other")
            #expect(wrong.status == 401 && wrong["set-cookie"] == nil)
            let right = try await web.post("/sign-in", "token=secret")
            let cookie = try #require(right["set-cookie"])
            #expect(right.status == 303)
            for word in ["HttpOnly", "SameSite=Strict", "Max-Age=43200", "Path=/"] { #expect(cookie.contains(word)) }
            let session = "Cookie: other=1; " + cookie.prefix { $0 != ";" }
            #expect(try await web.get("/mails/1", headers: ["Accept: text/html", session]).status == 200)
            #expect(try await web.get("/", headers: ["Authorization: Bearer secret"]).status == 200)
            #expect(try await web.get("/", headers: ["Authorization: Bearer secre"]).status == 401)
            let token = try await web.get("/", headers: ["Accept: text/html", session]).formToken
            let out = try await web.post(
                "/sign-out", "form_token=\(token)", headers: ["Origin: http://localhost", session])
            #expect(out.status == 303)
            #expect(try await web.get("/", headers: ["Accept: text/html", session]).status == 303)
        }
    }

    @Test("Signing in leads to the page that was asked for")
    func signInLeadsBack() async throws {
        try await WebServer.with(Self.beyond) { web in
            let asked = "/?q=%22two%20words%22&before=3"
            let form = try await web.get(try #require(try await web.get(asked)["location"]))
            #expect(form.text.contains(#"name="to" value="/?q=%22two%20words%22&amp;before=3""#))
            let wrong = try await web.post("/sign-in", "token=other&to=\(PageFields.encode(asked))")
            #expect(wrong.text.contains(#"name="to" value="/?q=%22two%20words%22&amp;before=3""#))
            let right = try await web.post("/sign-in", "token=secret&to=\(PageFields.encode(asked))")
            #expect(right.status == 303 && right["location"] == asked)
        }
    }

    @Test(
        "Signing in leads to no other site",
        arguments: [
            "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "https://evil.example",
            "evil.example",
            "/a\r\nSet-Cookie: x=1", "javascript:alert(1)", "/\u{e9}", "", "/" + String(repeating: "a", count: 2_000),
        ])
    func signInStaysHere(_ path: String) async throws {
        try await WebServer.with(Self.beyond) { web in
            let to = PageFields.encode(path)
            let form = try await web.get("/sign-in?to=\(to)")
            #expect(form.status == 200 && !form.text.contains(#"name="to""#))
            let right = try await web.post("/sign-in", "token=secret&to=\(to)")
            #expect(right.status == 303 && right["location"] == "/")
        }
    }

    private static func behindProxy(_ hosts: [String], token: String? = "secret") -> PageAccess {
        PageAccess(listeningOn: "127.0.0.1", token: token.map { BearerToken($0) }, publicHosts: hosts)
    }

    @Test("A public name on loopback means strangers behind a proxy: the token is asked for, and nobody acts")
    func publicName() async throws {
        let access = Self.behindProxy(["mail.example"])
        #expect(!access.mayAct)
        try await WebServer.with(access) { web in
            for target in ["/", "/mails.json", "/changes?page=/"] {
                let status = try await web.get(target, headers: []).status
                #expect(status == 401, "\(target)")
            }
            let status = try await web.get("/", headers: ["Authorization: Bearer secret"]).status
            #expect(status == 200)
        }
    }

    @Test(
        "Without a token the proxy is what asks; names of loopback are this machine's own",
        arguments: [behindProxy(["mail.example"], token: nil), behindProxy([]), behindProxy(["app.localhost"])])
    func ownName(_ access: PageAccess) async throws {
        #expect(access.mayAct)
        try await WebServer.with(access) { web in
            let status = try await web.get("/", headers: []).status
            #expect(status == 200)
        }
    }

    @Test(
        "A body is not read of who may not read the page, nor a long one by a page that needs none",
        arguments: [
            ("POST /mails/remove", [], 401), ("GET /mails/1", [], 401), ("POST /sign-in", [], 413),
            ("POST /sign-out", [], 413), ("GET /mails/1", ["Authorization: Bearer secret"], 413),
            ("GET /assets/style.css", [], 413), ("POST /nothing", [], 413),
        ] as [(String, [String], Int)])
    func bodies(request: String, headers: [String], status: Int) async throws {
        try await WebServer.with(Self.beyond) { web in
            let client = try await RawClient.connect(port: web.server.port)
            let fields = ["Host: localhost", "Content-Length: 4194304"] + headers
            // The body never comes.
            try await client.send("\(request) HTTP/1.1\r\n" + fields.map { "\($0)\r\n" }.joined() + "\r\n")
            #expect(try await client.readResponse().status == status)
            await client.close()
        }
    }

    @Test("A sixth try within a minute is not looked at")
    func tries() {
        let sessions = PageSessions(token: BearerToken("secret"))
        let now = ContinuousClock.now
        for _ in 0..<5 { #expect(sessions.signIn("wrong", now: now) == .wrong) }
        #expect(sessions.signIn("secret", now: now + .seconds(59)) == .tooManyTries)
        guard case .signedIn(let session) = sessions.signIn("secret", now: now + .seconds(60)) else {
            Issue.record("not signed in")
            return
        }
        let cookie = "bgdemo_session=\(session)"
        #expect(sessions.includes(cookie: cookie, now: now + .seconds(43_200)))
        #expect(!sessions.includes(cookie: cookie, now: now + .seconds(43_261)))
        #expect(!sessions.includes(cookie: "bgdemo_session="))
    }

    @Test("Without a token nobody reads the pages beyond loopback")
    func noToken() async throws {
        try await WebServer.with(PageAccess(listeningOn: "0.0.0.0")) { web in
            let page = try await web.get("/")
            let json = try await web.get("/mails.json", headers: [])
            #expect(page.status == 403 && json.status == 403)
        }
    }

    @Test(
        "A change needs a page of this site, and its token",
        arguments: [
            ["Origin: http://evil.example", "Sec-Fetch-Site: same-origin"], ["Origin: http://localhost:1"],
            ["Origin: null"], ["Sec-Fetch-Site: cross-site", "Origin: http://localhost"],
            ["Sec-Fetch-Site: same-site", "Origin: http://localhost"], [], ["Sec-Fetch-Site: same-origin"],
        ])
    func otherSites(_ headers: [String]) async throws {
        try await WebServer.with { web in
            try await web.receive(["Subject: s\r\n\r\nx"])
            let token = try await web.formToken()
            #expect(token.count == 64)
            #expect(try await web.post("/mails/remove", "form_token=\(token)&mail=1", headers: headers).status == 403)
            let other = token.hasSuffix("0") ? "1" : "0"
            #expect(try await web.post("/mails/remove", "form_token=\(token.dropLast())\(other)&mail=1").status == 403)
            #expect(try await web.post("/mails/remove", "mail=1").status == 403)
            #expect(try await web.get("/mails/remove?mail=1&form_token=\(token)").status == 404)
            #expect(web.inbox.mails.count == 1)
            #expect(try await web.post("/mails/remove", "form_token=\(token)&mail=1").status == 303)
            #expect(web.inbox.mails.count == 0)
        }
    }

    @Test("The pages are only read beyond loopback, unless they may act")
    func readOnly() async throws {
        let access = PageAccess(listeningOn: "0.0.0.0", token: BearerToken("secret"))
        try await WebServer.with(access) { web in
            try await web.receive(["Subject: s\r\n\r\nx"])
            let bearer = ["Authorization: Bearer secret", "Origin: http://localhost"]
            let page = try await web.get("/", headers: ["Accept: text/html"] + bearer)
            #expect(!page.text.contains("Delete"))
            let answer = try await web.post(
                "/mails/remove", "form_token=\(access.formToken)&mail=1", headers: bearer)
            #expect(answer.status == 403 && web.inbox.mails.count == 1)
        }
    }

    @Test("Every answer has the strict policy and is not sniffed")
    func headers() async throws {
        try await WebServer.with { web in
            try await web.receive(["Subject: s\r\n\r\nx"])
            for target in ["/", "/mails/1", "/mails/1.json", "/mails/1.eml", "/assets/page.js", "/nothing"] {
                let page = try await web.get(target)
                #expect(
                    page["content-security-policy"]
                        == """
                        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                        frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
                        """, "\(target)")
                #expect(page["x-content-type-options"] == "nosniff")
                #expect(page["access-control-allow-origin"] == nil)
            }
        }
    }
}
