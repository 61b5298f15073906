import BgdemoHTTPServer
import BgdemoSMTPInbox
import BgdemoTestSupport
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import BgdemoWeb

/// Takes each mail, or refuses it, as `POST /` does, and remembers what it was asked.
final class FakeMails: HTTPHandler {
    let response: Mutex<HTTPResponse>
    let bodies = Mutex<[String]>([])
    let authorizations = Mutex<[String?]>([])

    init(_ response: HTTPResponse) { self.response = Mutex(response) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        bodies.withLock { $0.append(String(buffer: request.body)) }
        authorizations.withLock { $0.append(request.fields.authorization) }
        return response.withLock { $0 }
    }
}

@Suite(.timeLimit(.minutes(1))) struct HomePagesTests {
    static let id = "01kb5xw3yhg5hkqcmb1d7mdv2v"
    static let accepted = HTTPResponse(.ok, .json, #"{"email":{"to":"x"},"id":"\#(id)","state":"queued"}"#)
    static let strategy = HomePages.StrategyDiagram(
        name: "resque", summary: "a queue", hasWorker: true, needsRedis: true)

    /// - Parameter attempts: What is known of each mail.
    static func with<Result: Sendable>(
        _ mails: FakeMails, token: String? = nil, host: String? = nil,
        attempts: (@Sendable (String) async -> HomePages.Attempts?)? = nil,
        _ body: (WebServer) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup.singleton
        return try await WebServer.with { inner in
            let site = WebSite(
                [
                    HomePages(
                        Self.strategy, mails: mails, token: token.map { BearerToken($0) }, inbox: inner.inbox,
                        inboxURL: "/inbox", attempts: attempts),
                    InboxPages(inner.inbox, at: "/inbox", logger: .quiet),
                ],
                access: PageAccess(
                    listeningOn: host ?? (token == nil ? "127.0.0.1" : "0.0.0.0"), token: token.map { BearerToken($0) }),
                logger: .quiet, next: mails)
            let server = try await HTTPServer.start(
                host: "127.0.0.1", port: 0, group: group, logger: .quiet, handler: site)
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(WebServer(inbox: inner.inbox, server: server, site: site)))
            } catch {
                result = .failure(error)
            }
            await server.drain(within: .seconds(1))
            return try result.get()
        }
    }

    private static let form = "to=you%40example.org&subject=hello&text=how"

    @Test("The form leads to a page that follows the mail to the inbox")
    func follows() async throws {
        let mails = FakeMails(Self.accepted)
        try await Self.with(mails) { web in
            let sent = try await web.post("/", Self.form)
            #expect(sent.status == 303 && sent["location"] == "/?mail=\(Self.id)")
            #expect(mails.bodies.withLock { $0 } == [Self.form])
            let page = try await web.get("/?mail=\(Self.id)").text
            #expect(page.contains("Accepted as “queued”") && page.contains("Not in the inbox yet"))
            try await web.receive(["Message-ID: <\(Self.id)@bgdemo>\r\nSubject: hello\r\n\r\nhow"])
            let other = try await web.get("/?mail=none%3Cb%3E").text
            #expect(other.contains("Nothing is known of the mail <code><bdi>none&lt;b&gt;</bdi></code>"))
            #expect(!other.contains("Accepted as"))
            let after = try await web.get("/?mail=\(Self.id)").text
            #expect(after.contains("In the inbox") && after.contains("href=\"/inbox/mails/1\""))
            for station in ["browser", "web server", "Redis", "worker", "mail server"] {
                #expect(after.contains("<li>\(station)</li>"))
            }
        }
    }

    @Test("A refusal is a page with the form as it was filled")
    func refusal() async throws {
        let mails = FakeMails(Problem(.badRequest, "the address <x> is wrong", advice: "to=you@example.org").response)
        try await Self.with(mails) { web in
            let page = try await web.post("/", "to=%22%3E%3Cb&subject=hello&text=how")
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("The mail was not sent: the address &lt;x&gt; is wrong"))
            #expect(!page.text.contains("data-live"), "a refresh would take the reason away")
            #expect(page.text.contains("value=\"&quot;&gt;&lt;b\"") && page.text.contains("value=\"hello\""))
        }
    }

    @Test("Programs get what they got before")
    func programs() async throws {
        let mails = FakeMails(Self.accepted)
        try await Self.with(mails) { web in
            let answer = try await fetch(
                "/", port: web.server.port, method: "POST",
                headers: ["Content-Type: application/x-www-form-urlencoded", "Accept: */*"], body: Self.form)
            #expect(answer.status == 200 && answer["content-type"] == "application/json")
            #expect(try await fetch("/a@b.example/s/t", port: web.server.port).status == 200)
            #expect(try await fetch("/", port: web.server.port, headers: ["Accept: */*"]).status == 200)
        }
    }

    @Test("A form of another site is refused")
    func otherSite() async throws {
        let mails = FakeMails(Self.accepted)
        try await Self.with(mails) { web in
            let refused = try await web.post("/", Self.form, headers: ["Origin: http://evil.example"])
            #expect(refused.status == 403)
            #expect(mails.bodies.withLock { $0 } == [])
        }
    }

    @Test("Who has signed in sends with the token")
    func session() async throws {
        let mails = FakeMails(Self.accepted)
        try await Self.with(mails, token: "secret") { web in
            #expect(try await web.post("/", Self.form).status == 303)
            #expect(mails.bodies.withLock { $0 } == [])
            let cookie = try #require(try await web.post("/sign-in", "token=secret")["set-cookie"])
            _ = try await web.post(
                "/", Self.form, headers: ["Origin: http://localhost", "Cookie: \(cookie.prefix { $0 != ";" })"])
            #expect(mails.authorizations.withLock { $0 } == ["Bearer secret"])
        }
    }

    @Test("On loopback with a token who has not signed in is led to the sign-in page, and sends after it")
    func tokenOnLoopback() async throws {
        let mails = FakeMails(Problem(.unauthorized, "the token is missing").response)
        try await Self.with(mails, token: "secret", host: "127.0.0.1") { web in
            let refused = try await web.post("/", Self.form)
            #expect(refused.status == 303 && refused["location"] == "/sign-in")
            let cookie = try #require(try await web.post("/sign-in", "token=secret")["set-cookie"])
            let session = "Cookie: \(cookie.prefix { $0 != ";" })"
            mails.response.withLock { $0 = Self.accepted }
            let sent = try await web.post("/", Self.form, headers: ["Origin: http://localhost", session])
            #expect(sent["location"] == "/?mail=\(Self.id)")
            #expect(mails.authorizations.withLock { $0 } == [nil, "Bearer secret"])
            #expect(try await web.get("/", headers: ["Accept: text/html", session]).text.contains("Sign out"))
        }
    }

    @Test("The attempts are steps, with what the mail server said")
    func attempts() async throws {
        let known = Mutex<HomePages.Attempts?>(nil)
        try await Self.with(FakeMails(Self.accepted), attempts: { _ in known.withLock(\.self) }) { web in
            _ = try await web.post("/", Self.form)
            #expect(try await web.get("/").text.contains("Not attempted yet"))
            known.withLock { $0 = .init(count: 1, state: "waiting", reason: "451 <later>") }
            let once = try await web.get("/").text
            #expect(
                once.contains("Attempted 1 time<") && once.contains("waits for the next attempt: 451 &lt;later&gt;"))
            known.withLock { $0 = .init(count: 2, state: "sent", reason: "250 ok") }
            #expect(try await web.get("/").text.contains("Attempted 2 times"))
            // A page that asks late does not show the attempt after its mail.
            _ = try await web.post("/", Self.form)
            try await web.receive(["Message-ID: <\(Self.id)@bgdemo>\r\nSubject: hello\r\n\r\nhow"])
            let times = try await web.get("/").text.matches(of: #/<time class="muted" datetime="([^"]+)"/#).map(\.1)
            #expect(times.count == 4 && times == times.sorted())
        }
    }
}
