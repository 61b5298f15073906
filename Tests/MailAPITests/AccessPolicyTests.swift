import BgdemoEmail
@testable import BgdemoHTTPServer
@testable import BgdemoMailAPI
import BgdemoNetSupport
import Testing

@Suite struct AccessTests {
    @Test(
        "Only the token is accepted; anything else is 401",
        arguments: [
            (nil, 401), ("", 401), ("secret", 401), ("Bearer", 401), ("Bearer ", 401), ("Bearer secre", 401),
            ("Bearer secrets", 401), ("Bearer Secret", 401), ("Basic secret", 401), ("Bearer  secret", 401),
            ("Bearer secret", 200), ("bearer secret", 200),
        ] as [(String?, Int)])
    func token(authorization: String?, status: Int) async {
        var access = AccessPolicy()
        access.token = BearerToken("secret")
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy, access: access)
            .respond(to: .get("/a@b.example/s/t") { $0.authorization = authorization })
        #expect(response.status.code == status)
        #expect((response.header("WWW-Authenticate") != nil) == (status == 401))
        #expect(strategy.accepted.count == (status == 200 ? 1 : 0))
    }

    @Test(
        "A browser sends for its own page and its own user alone",
        arguments: [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200), ("?", 403)])
    func site(site: String, status: Int) async {
        let response = await MailRoute(RecordingStrategy()).respond(
            to: .get("/a@b.example/s/t") { $0.secFetchSite = site })
        #expect(response.status.code == status)
    }

    @Test(
        "A form is taken from a page of this host, where the browser does not say more",
        arguments: [
            (nil, nil, 200), ("http://mail.example:8080", nil, 200), ("HTTPS://Mail.Example:8080", nil, 200),
            ("http://evil.example", nil, 403), ("http://mail.example", nil, 403), ("null", nil, 403), ("", nil, 403),
            ("http://mail.example:8080.evil.example", nil, 403), ("http://mail.example:8080", "cross-site", 403),
            ("null", "same-origin", 200),
        ] as [(String?, String?, Int)])
    func origin(origin: String?, site: String?, status: Int) async {
        let response = await MailRoute(RecordingStrategy()).respond(
            to: .get("/a@b.example/s/t") { fields in
                (fields.host, fields.origin, fields.secFetchSite) = ("mail.example:8080", origin, site)
            })
        #expect(response.status.code == status)
    }

    @Test(
        "A recipient fits a pattern, the whole of it, in either case",
        arguments: [
            ("*@example.org", "you@example.org", 200), ("*@example.org", "you@Example.ORG", 200),
            ("*@example.org", "you@example.org.evil.example", 403), ("*@example.org", "you@sub.example.org", 403),
            ("*@*.example.org", "you@sub.example.org", 200), ("you@example.org", "me@example.org", 403),
            ("*", "a@b.example", 200), ("a*b*c@x.example", "aXXbYYc@x.example", 200),
            ("a*b*c@x.example", "aXXcYYb@x.example", 403),
        ])
    func recipients(pattern: String, to: String, status: Int) async throws {
        var access = AccessPolicy()
        access.recipients = [try AddressPattern("nobody@nowhere.example"), try AddressPattern(pattern)]
        #expect(
            await MailRoute(RecordingStrategy(), access: access).respond(to: .get("/\(to)/s/t")).status.code == status)
    }

    @Test(
        "A recipient that a mail server could read as a route is refused while recipients are restricted",
        arguments: [
            "victim%25victim.test@example.org", "victim.test!bang@example.org", "%22quoted@victim.test%22@example.org",
            "%22qp%25victim.test%22@example.org", "%22@relay.test:route@victim.test%22@example.org",
            "%22a,b%22@example.org", "%22a:b%22@example.org", "%22a%5C%25b%22@example.org", "a%25b%25c@example.org",
        ])
    func routes(to: String) async throws {
        var access = AccessPolicy()
        access.recipients = try AddressPattern.list("*@example.org")
        let strategy = RecordingStrategy()
        let refused = await MailRoute(strategy, access: access).respond(to: .get("/\(to)/s/t"))
        #expect(refused.status == .forbidden)
        #expect(refused.text.contains("route"))
        #expect(strategy.accepted.isEmpty)
        #expect(await MailRoute(strategy).respond(to: .get("/\(to)/s/t")).status == .ok)
    }

    @Test(
        "A letter that only Unicode folds to one of the pattern is another letter", arguments: ["\u{212a}", "\u{17f}"])
    func foldingBeyondASCII(letter: String) async throws {
        var access = AccessPolicy()
        access.recipients = try AddressPattern.list("ks@example.org")
        let to = letter == "\u{212a}" ? "\(letter)s" : "k\(letter)"
        #expect(
            await MailRoute(RecordingStrategy(), access: access).respond(to: .get("/\(to)@example.org/s/t")).status
                == .forbidden)
        #expect(
            await MailRoute(RecordingStrategy(), access: access).respond(to: .get("/KS@example.org/s/t")).status == .ok)
    }

    @Test(
        "A pattern with an international domain allows both spellings of it",
        arguments: ["bücher.example", "xn--bcher-kva.example"])
    func internationalDomain(domain: String) async throws {
        var access = AccessPolicy()
        access.recipients = try AddressPattern.list("*@\(domain)")
        for to in ["a@bücher.example", "a@xn--bcher-kva.example"] {
            #expect(await MailRoute(RecordingStrategy(), access: access).respond(to: .get("/\(to)/s/t")).status == .ok)
        }
    }

    @Test(
        "A browser that fetches in advance sends nothing",
        arguments: [
            "prefetch", "prefetch;prerender", "Prefetch;anonymous-client-ip", "preview", "x, prerender",
        ])
    func purpose(purpose: String) async {
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy).respond(
            to: .get("/a@b.example/s/t") { ($0.purpose, $0.secFetchSite) = (purpose, "none") })
        #expect(response.status == .forbidden)
        #expect(response.text.contains("in advance"))
        #expect(strategy.accepted.isEmpty)
    }

    @Test(
        "A Referer of another site counts where the browser names no site",
        arguments: [
            ("http://mail.example:8080/page", nil, 200), ("https://MAIL.example:8080/", nil, 200),
            ("http://evil.example/", nil, 403), ("http://mail.example:8080.evil.example/", nil, 403),
            ("http://mail.example:8080@evil.example/", nil, 403), ("about:blank", nil, 403), ("", nil, 403),
            ("http://evil.example/", "none", 200), ("http://proxy.example/page", nil, 200),
        ] as [(String, String?, Int)])
    func referer(referer: String, site: String?, status: Int) async {
        var access = AccessPolicy()
        access.publicHosts = ["proxy.example"]
        let response = await MailRoute(RecordingStrategy(), access: access).respond(
            to: .get("/a@b.example/s/t") { fields in
                (fields.host, fields.referer, fields.secFetchSite) = ("mail.example:8080", referer, site)
            })
        #expect(response.status.code == status)
    }

    @Test("A request with the token is no browser's")
    func tokenLiftsGuards() async {
        var access = AccessPolicy()
        access.token = BearerToken("secret")
        let response = await MailRoute(RecordingStrategy(), access: access).respond(
            to: .get("/a@b.example/s/t") { fields in
                fields.authorization = "Bearer secret"
                (fields.secFetchSite, fields.origin) = ("cross-site", "https://other.example")
            })
        #expect(response.status == .ok)
    }

    @Test("What is refused for its head is refused before its body has come")
    func head() {
        var access = AccessPolicy()
        access.token = BearerToken("secret")
        let route = MailRoute(RecordingStrategy(), access: access)
        let router = MailRouter(pages: [:], mails: route)
        #expect(route.check(HTTPRequest.post("").head)?.status == .unauthorized)
        #expect(router.check(HTTPRequest.post("").head)?.status == .unauthorized)
        #expect(router.check(HTTPRequest.get("/x").with(.post).head)?.status == .methodNotAllowed)
        #expect(router.check(HTTPRequest.post("") { $0.authorization = "Bearer secret" }.head) == nil)
    }

    @Test("Past the rate it is 429 with Retry-After, and a repeated key costs nothing")
    func rate() async {
        var access = AccessPolicy()
        access.rate = TokenBucket(perSecond: 0.001)
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy, access: access)
        let first = await route.respond(to: .get("/a@b.example/s/t") { $0.idempotencyKey = "k" })
        let again = await route.respond(to: .get("/a@b.example/s/t") { $0.idempotencyKey = "k" })
        let other = await route.respond(to: .get("/a@b.example/s/t") { $0.idempotencyKey = "other" })
        #expect(first.status == .ok)
        #expect(again == first)
        #expect(other.status == .tooManyRequests)
        #expect(other.header("Retry-After").flatMap { Int($0) } ?? 0 >= 1)
        #expect(strategy.accepted.count == 1)
    }
}
