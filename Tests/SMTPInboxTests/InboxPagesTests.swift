@testable import BgdemoHTTPServer
import BgdemoSMTPInbox
import Testing

@Suite("The pages of the inbox", .timeLimit(.minutes(1)))
struct InboxPagesTests {
    private func get(_ target: String, _ method: HTTPRequest.Method = .get, from inbox: Inbox) async -> HTTPResponse {
        await InboxPages(inbox).respond(
            to: HTTPRequest(
                head: HTTPRequest.Head(
                    method: method, target: target, minorVersion: 1, fields: .init(), keepsAlive: true)))
    }

    private func text(_ response: HTTPResponse) -> String {
        switch response.body {
        case .text(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    /// An inbox with these mails in it.
    private func with(_ mails: [String], _ test: (Inbox) async throws -> Void) async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            for mail in mails { #expect(try await client.mail(to: "c@d.example", mail).hasPrefix("250")) }
            try await test(inbox)
        }
    }

    private static let hostile = """
        Subject: =?utf-8?Q?<script>alert("1")</script>_=E2=80=AEgnp.exe?=\r
        From: "</title><img src=x onerror=alert(1)>" <a@b.example>\r
        Message-ID: <'"&@x>\r
        \r
        <b>&amp;</b>\u{202e}\u{0}</pre><script src=//evil.example></script>\r

        """

    @Test("The pages escape everything that a mail has", arguments: ["/", "/mails/1"])
    func escaping(_ target: String) async throws {
        try await with([Self.hostile]) { inbox in
            let response = await get(target, from: inbox)
            #expect(response.status == .ok && response.type == .html)
            let policy = response.headers.first { $0.name == "Content-Security-Policy" }?.value
            #expect(policy?.hasPrefix("default-src 'none'; style-src 'unsafe-inline'") == true)
            let html = text(response)
            for markup in ["<script", "<img", "<b>", "\u{202e}", "\u{0}"] {
                #expect(!html.contains(markup), "\(markup)")
            }
            #expect(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; <mark>U+202E</mark>gnp.exe"))
            #expect(html.components("</title>") == 2 && html.components("</main>") == 2)
        }
    }

    @Test("The list shows the newest first, 100 a page")
    func list() async throws {
        try await with((1...103).map { "Subject: number \($0)\r\n\r\n" }) { inbox in
            let html = text(await get("/", from: inbox))
            #expect(html.contains("number 103<") && html.contains("number 4<") && !html.contains("number 3<"))
            #expect(html.contains("href=\"/?before=4\""))
            let older = text(await get("/?before=4", from: inbox))
            #expect(older.contains("number 3<") && older.contains("number 1<") && !older.contains("number 4<"))
            let json = text(await get("/mails.json?before=3", from: inbox))
            #expect(json.hasPrefix(#"{"total":103,"kept":103,"mails":[{"id":2,"receivedAt":""#))
            #expect(json.components("\"id\":") == 3)
        }
    }

    @Test("The list shows a bounded part of each field")
    func boundedRows() async throws {
        let long = "Subject: " + String(repeating: "<", count: 200_000) + "\r\n\r\n"
        try await with(Array(repeating: long, count: 20)) { inbox in
            let html = text(await get("/", from: inbox))
            #expect(html.utf8.count < 20 * 2_000 + 5_000)
            #expect(html.contains(String(repeating: "&lt;", count: 300) + "…"))
            let json = text(await get("/mails.json", from: inbox))
            #expect(json.utf8.count < 20 * 1_500 + 1_000)
            #expect(json.contains("\"" + String(repeating: "<", count: 1_000) + "…\""))
            #expect(text(await get("/mails/1.json", from: inbox)).contains(String(repeating: "<", count: 200_000)))
        }
    }

    @Test("A mail is shown as HTML, JSON and source")
    func one() async throws {
        let mail = "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\nTo: <c@d.example>\r\n\r\nHällo \"you\"\r\n"
        try await with([mail]) { inbox in
            let html = text(await get("/mails/1", from: inbox))
            #expect(html.contains("<h1><bdi>Grüße</bdi></h1>") && html.contains("Hällo &quot;you&quot;"))
            let json = await get("/mails/1.json", from: inbox)
            #expect(json.type == .json)
            #expect(text(json).contains(#""subject":"Grüße""#))
            #expect(text(json).hasSuffix("\"text\":\"Hällo \\\"you\\\"\\r\\n\"}\n"))
            #expect(text(json).contains(#""sender":"a@b.example","recipients":["c@d.example"]"#))
            let source = await get("/mails/1.eml", from: inbox)
            #expect(source.type == .asciiText && source.body == .bytes(Array(mail.utf8)))
        }
    }

    @Test(
        "Unknown paths are 404",
        arguments: [
            "/mails/2", "/mails/0", "/mails/-1", "/mails/99999999999999999999", "/mails/", "/mails/1.pdf", "/mails/1.",
            "/mails/1.json.x", "/mails/x", "/x", "//", "/favicon.ico",
        ])
    func unknown(_ target: String) async throws {
        try await with(["x\r\n"]) { inbox in
            #expect(await get(target, from: inbox).status == .notFound)
        }
    }

    @Test("Other methods than GET and HEAD are refused")
    func methods() async throws {
        try await withInbox { inbox in
            let response = await get("/", .post, from: inbox)
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers.contains(HTTPHeader("Allow", "GET, HEAD")))
            #expect(await get("/", .head, from: inbox).status == .ok)
            #expect(await get("/?x", from: inbox).status == .badRequest)
            #expect(text(await get("/", from: inbox)).contains("No mail has come yet"))
            #expect(text(await get("/mails.json", from: inbox)) == "{\"total\":0,\"kept\":0,\"mails\":[]}\n")
        }
    }
}

extension String {
    /// How many pieces this cuts the string into.
    fileprivate func components(_ separator: String) -> Int { ranges(of: separator).count + 1 }
}
