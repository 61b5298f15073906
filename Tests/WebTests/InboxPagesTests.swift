import BgdemoTestSupport
@testable import BgdemoHTTPServer
import BgdemoSMTPInbox
import Testing

@testable import BgdemoWeb

@Suite("The pages of the inbox", .timeLimit(.minutes(1)))
struct InboxPagesTests {
    private func get(_ target: String, _ method: HTTPRequest.Method = .get, from web: WebServer) async -> HTTPResponse {
        await web.site.respond(
            to: HTTPRequest(
                head: HTTPRequest.Head(
                    method: method, target: target, minorVersion: 1, fields: .init(), keepsAlive: true)))
    }

    private func text(_ response: HTTPResponse) -> String {
        String(decoding: response.body.bytes, as: UTF8.self)
    }

    /// An inbox with these mails in it.
    private func with(_ mails: [String], _ test: (WebServer) async throws -> Void) async throws {
        try await WebServer.with { web in
            try await web.receive(mails.map { $0.hasSuffix("\r\n") ? String($0.dropLast()) : $0 })
            try await test(web)
        }
    }

    @Test("Paths, queries and forms of combining marks are answered in linear time")
    func linear() async throws {
        func marks(_ bytes: Int) -> String {
            PageFields.encode("a" + String(repeating: "\u{301}\u{323}", count: bytes / 4))
        }
        try await with(["Subject: s\r\n\r\nx\r\n"]) { web in
            let token = try await web.formToken()
            let began = ContinuousClock.now
            let path = marks(600)
            for target in [
                "/mails/\(path)", "/mails/1.\(path)", "/mails/1/\(path)", "/assets/\(path)", "/mails/1?view=\(path)",
                "/mails.json?q=\(path)", "/changes?page=/\(path)",
            ] {
                let answer = try await web.get(target)
                #expect(answer.status < 500)
            }
            let text = marks(250_000)
            for (form, status) in [
                ("form_token=\(token)&all=\(text)", 400), ("form_token=\(token)&mail=\(text)", 400),
                ("form_token=\(token)&\(text)=yes", 400), ("form_token=\(text)&all=yes", 403),
            ] {
                let answer = try await web.post("/mails/remove", form)
                #expect(answer.status == status)
            }
            // One of them took a minute when it was compared as characters.
            let time = ContinuousClock.now - began
            #expect(time < .seconds(30), "\(time)")
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
        try await with([Self.hostile]) { web in
            let response = await get(target, from: web)
            #expect(response.status == .ok && response.type == .html)
            let policy = response.headers.first { $0.name == "Content-Security-Policy" }?.value
            #expect(policy?.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';") == true)
            let html = text(response)
            for markup in ["<script>", "<script src=//", "<img", "<b>", "\u{202e}", "\u{0}"] {
                #expect(!html.contains(markup), "\(markup)")
            }
            #expect(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; <mark>U+202E</mark>gnp.exe"))
            #expect(html.components("</title>") == 2 && html.components("</main>") == 2)
        }
    }

    @Test("list the newest first, fifty at a time, in JSON a hundred")
    func list() async throws {
        try await with((1...103).map { "Subject: number \($0)\r\n\r\n" }) { web in
            let html = text(await get("/", from: web))
            #expect(html.contains("number 103<") && html.contains("number 54<") && !html.contains("number 53<"))
            #expect(html.contains("href=\"/?before=54\""))
            let older = text(await get("/?before=4", from: web))
            #expect(older.contains("number 3<") && older.contains("number 1<") && !older.contains("number 4<"))
            let json = text(await get("/mails.json?before=3", from: web))
            #expect(json.hasPrefix(#"{"total":103,"kept":103,"mails":[{"id":2,"receivedAt":""#))
            #expect(json.components("\"id\":") == 3)
        }
    }

    @Test("Of exactly fifty mails, and fifty that match, there are no older ones")
    func fifty() async throws {
        try await with((1...51).map { "Subject: \($0 > 1 ? "even" : "odd")\r\n\r\n" }) { web in
            #expect(text(await get("/?q=even", from: web)).components("Older mails") == 1)
            #expect(text(await get("/?before=51", from: web)).components("Older mails") == 1)
            #expect(text(await get("/", from: web)).contains("href=\"/?before=2\""))
        }
    }

    @Test("Who removes mails is led back to the list with its search and place")
    func removedFromList() async throws {
        try await with(["Subject: a\r\n\r\n", "Subject: b\r\n\r\n", "Subject: c\r\n\r\n"]) { web in
            let page = text(await get("/?q=subject%3A%22%26%22&before=3", from: web))
            #expect(
                page.contains(#"name="q" value="subject:&quot;&amp;&quot;""#)
                    && page.contains(#"name="before" value="3""#))
            let token = try await web.formToken()
            for (form, list) in [
                ("q=a%26b&before=3", "/?q=a%26b&before=3"), ("q=&before=x", "/"), ("before=2", "/?before=2"),
            ] {
                let id = try #require(web.inbox.mails.newest().first).id
                let answer = try await web.post("/mails/remove", "form_token=\(token)&mail=\(id)&\(form)")
                #expect(answer["location"] == list)
            }
        }
    }

    @Test("The list shows a bounded part of each field")
    func boundedRows() async throws {
        let long = "Subject: " + String(repeating: "<", count: 200_000) + "\r\n\r\n"
        try await with(Array(repeating: long, count: 20)) { web in
            let html = text(await get("/", from: web))
            #expect(html.utf8.count < 20 * 2_000 + 5_000)
            #expect(html.contains(String(repeating: "&lt;", count: 300) + "…"))
            let json = text(await get("/mails.json", from: web))
            #expect(json.utf8.count < 20 * 1_500 + 1_000)
            #expect(json.contains("\"" + String(repeating: "<", count: 1_000) + "…\""))
            #expect(text(await get("/mails/1.json", from: web)).contains(String(repeating: "<", count: 200_000)))
        }
    }

    @Test("A mail is shown as HTML, JSON and source")
    func one() async throws {
        let mail = "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\nTo: <c@d.example>\r\n\r\nHällo \"you\"\r\n"
        try await with([mail]) { web in
            let html = text(await get("/mails/1", from: web))
            #expect(html.contains("<h1><bdi>Grüße</bdi></h1>") && html.contains("Hällo &quot;you&quot;"))
            let json = await get("/mails/1.json", from: web)
            #expect(json.type == .json)
            #expect(text(json).contains(#""subject":"Grüße""#))
            #expect(text(json).hasSuffix("\"text\":\"Hällo \\\"you\\\"\\r\\n\"}\n"))
            #expect(text(json).contains(#""sender":"a@b.example","recipients":["c@d.example"]"#))
            let source = await get("/mails/1.eml", from: web)
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
        try await with(["x\r\n"]) { web in
            #expect(await get(target, from: web).status == .notFound)
        }
    }

    @Test("know methods and queries")
    func methods() async throws {
        try await WebServer.with { web in
            let response = await get("/", .other, from: web)
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers.contains(HTTPHeader("Allow", "GET, HEAD, POST")))
            #expect(await get("/", .head, from: web).status == .ok)
            #expect(await get("/?x", from: web).status == .badRequest)
            #expect(await get("/?before=x", from: web).status == .badRequest)
            #expect(text(await get("/", from: web)).contains("No mail has come yet"))
            #expect(text(await get("/mails.json", from: web)) == "{\"total\":0,\"kept\":0,\"mails\":[]}\n")
        }
    }

    @Test(
        "find mails by words",
        arguments: [
            ("to:C@D", [2, 1]), ("subject:alpha", [1]), ("ALPHA", [2, 1]), ("subject:%22two%20words%22", [2]),
            ("from:a@b%20beta", [2]), ("is:unread", [2, 1]), ("nothing", []), ("subject:", [2, 1]),
            ("Gr%C3%BC%C3%9Fe", [1]),
        ])
    func search(_ query: String, _ ids: [Int]) async throws {
        try await with([
            "Subject: alpha =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\none", "Subject: two words beta\r\n\r\nalpha",
        ]) { web in
            let json = text(await get("/mails.json?q=\(query)", from: web))
            #expect(json.split(separator: "{\"id\":").dropFirst().compactMap { Int($0.prefix { $0 != "," }) } == ids)
        }
    }

    @Test("mark the selected mails as unread, or all")
    func unread() async throws {
        try await with(["Subject: one\r\n\r\nx", "Subject: two\r\n\r\nx"]) { web in
            for id in 1...2 { #expect(await get("/mails/\(id)", from: web).status == .ok) }
            let token = try await web.formToken()
            for (form, unread) in [("mail=2", ["2"]), ("all=yes", ["2", "1"])] {
                #expect(try await web.post("/mails/unread", "form_token=\(token)&\(form)").status == 303)
                let json = text(await get("/mails.json?q=is:unread", from: web))
                #expect(json.split(separator: "{\"id\":").dropFirst().map { String($0.prefix { $0 != "," }) } == unread)
            }
        }
    }

    private static let parts = """
        Subject: parts\r
        Content-Type: multipart/mixed; boundary=x\r
        \r
        --x\r
        Content-Type: text/html; charset=utf-8\r
        \r
        <p>Hi<script>alert(1)</script><img src=http://evil.example/x>\r
        --x\r
        Content-Type: application/pdf; name="../a b\u{e9}\r\n\t.pdf"\r
        Content-Disposition: attachment\r
        Content-Transfer-Encoding: base64\r
        \r
        AAECAw==\r
        --x--
        """

    @Test("show HTML in a frame of its own, and give the parts")
    func mailParts() async throws {
        try await with([Self.parts]) { web in
            let page = text(await get("/mails/1", from: web))
            #expect(page.contains("<iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\" "))
            #expect(page.contains("src=\"/mails/1/html\"") && !page.contains("evil"))
            let frame = await get("/mails/1/html", from: web)
            #expect(text(frame).contains("<p>Hi"))
            let policy = frame.headers.first { $0.name == "Content-Security-Policy" }?.value ?? ""
            #expect(
                policy.hasPrefix("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
                    && !policy.contains("allow-scripts"))
            #expect(text(await get("/mails/1?view=parts", from: web)).contains("application/pdf"))
            let part = await get("/mails/1/parts/2", from: web)
            #expect(part.body == .bytes([0, 1, 2, 3]) && part.type == .bytes)
            let disposition = part.headers.first { $0.name == "Content-Disposition" }?.value ?? ""
            #expect(disposition.hasPrefix("attachment; filename=\".._a_b") && !disposition.contains("\r"))
            for target in ["/mails/1/parts/3", "/mails/1/parts/0", "/mails/1/parts/x", "/mails/2/html"] {
                #expect(await get(target, from: web).status == .notFound)
            }
        }
    }

    @Test("delete what is there, and say when somebody was faster")
    func remove() async throws {
        try await with(["Subject: one\r\n\r\nx", "Subject: two\r\n\r\nx", "Subject: three\r\n\r\nx"]) { web in
            let token = try await web.formToken()
            #expect(try await web.post("/mails/remove", "form_token=\(token)&mail=2").status == 303)
            #expect(web.inbox.mails.newest().map(\.id) == [3, 1] && web.inbox.mails[2] == nil)
            #expect(web.inbox.mails.newest(before: 3).map(\.id) == [1] && web.inbox.mails[3]?.subject == "three")
            let again = try await web.post("/mails/remove", "form_token=\(token)&mail=2")
            #expect(again.status == 409 && again.text.contains("somebody was faster"))
            #expect(try await web.post("/mails/remove", "form_token=\(token)").status == 400)
            #expect(try await web.post("/mails/remove", "form_token=\(token)&all=yes").status == 303)
            #expect(web.inbox.mails.count == 0 && web.inbox.mails.bytes == 0)
            try await web.receive(["Subject: four\r\n\r\nx"])
            #expect(web.inbox.mails.newest().map(\.id) == [4])
        }
    }

    @Test("have a base of their own")
    func base() async throws {
        try await WebServer.with(at: "/inbox") { web in
            try await web.receive(["Subject: one\r\n\r\nx"])
            for target in ["/inbox", "/inbox/", "/inbox.json", "/inbox/mails.json", "/inbox/mails/1"] {
                #expect(await get(target, from: web).status == .ok, "\(target)")
            }
            #expect(await get("/mails/1", from: web).status == .notFound)
            #expect(text(await get("/inbox", from: web)).contains("href=\"/inbox/mails/1\""))
        }
    }
}

extension String {
    /// How many pieces this cuts the string into.
    fileprivate func components(_ separator: String) -> Int { ranges(of: separator).count + 1 }
}
