@testable import BgdemoHTTPServer
@testable import BgdemoMailAPI
import BgdemoNetSupport
import Testing

@Suite struct AccessTests {
    @Test(
        "Only the token opens, and every other word is 401",
        arguments: [
            (nil, 401), ("", 401), ("secret", 401), ("Bearer", 401), ("Bearer ", 401), ("Bearer secre", 401),
            ("Bearer secrets", 401), ("Bearer Secret", 401), ("Basic secret", 401), ("Bearer  secret", 401),
            ("Bearer secret", 200), ("bearer secret", 200),
        ] as [(String?, Int)])
    func token(authorization: String?, status: Int) async {
        var access = AccessPolicy()
        access.token = "secret"
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
    func recipients(pattern: String, to: String, status: Int) async {
        var access = AccessPolicy()
        access.recipients = ["nobody@nowhere.example", pattern]
        #expect(
            await MailRoute(RecordingStrategy(), access: access).respond(to: .get("/\(to)/s/t")).status.code == status)
    }

    @Test("Past the rate it is 429 with Retry-After, and a repeated key costs nothing")
    func rate() async {
        var access = AccessPolicy()
        access.rate = RateLimit(perSecond: 0.001)
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

    @Test(
        "On loopback only this machine's names are answered to",
        arguments: [
            ("localhost", true), ("LOCALHOST:8080", true), ("x.localhost", true), ("127.0.0.1", true),
            ("127.9.9.9:1", true), ("[::1]:8080", true), ("::1", true), ("evil.example", false),
            ("127.0.0.1.evil.example", false), ("localhost.evil.example", false), ("192.168.0.1", false),
            ("[::2]", false), ("", false), ("127.0.0.1@evil.example", false), ("127.0.0.256", false),
        ])
    func host(host: String, isAnswered: Bool) async {
        let gate = HostCheck(PageHandler { _ in HTTPResponse(.ok, .text, "") })
        let response = await gate.respond(to: .get("/") { $0.host = host })
        #expect((response.status == .ok) == isAnswered)
    }
}
