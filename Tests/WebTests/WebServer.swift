import BgdemoHTTPServer
import BgdemoNetSupport
import BgdemoSMTPInbox
import BgdemoTestSupport
import Logging
import NIOCore
import NIOPosix

@testable import BgdemoWeb

/// An inbox, and its pages on a port.
struct WebServer: Sendable {
    let inbox: Inbox
    let server: HTTPServer
    let site: WebSite

    var url: String { "http://127.0.0.1:\(server.port)" }

    static func with<Result: Sendable>(
        _ access: PageAccess = PageAccess(listeningOn: "127.0.0.1"), at base: String = "", port: Int = 0,
        _ body: (WebServer) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup.singleton
        let inbox = try await Inbox.start(group: group, logger: .quiet)
        let site = WebSite([InboxPages(inbox, at: base, logger: .quiet)], access: access, logger: .quiet)
        let server = try await HTTPServer.start(
            host: "127.0.0.1", port: port, group: group, logger: .quiet, handler: site)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(WebServer(inbox: inbox, server: server, site: site)))
        } catch {
            result = .failure(error)
        }
        await server.drain(within: .seconds(2))
        await inbox.stop(grace: .zero)
        return try result.get()
    }

    func get(_ target: String, headers: [String] = ["Accept: text/html"]) async throws -> RawResponse {
        try await fetch(target, port: server.port, headers: headers)
    }

    /// Posts a form as this site's own page does.
    func post(_ target: String, _ form: String, headers: [String]? = nil) async throws -> RawResponse {
        try await fetch(
            target, port: server.port, method: "POST",
            headers: ["Content-Type: application/x-www-form-urlencoded", "Accept: text/html"]
                + (headers ?? ["Origin: http://localhost", "Sec-Fetch-Site: same-origin"]),
            body: form)
    }

    /// The page token that stands in a page's form.
    func formToken() async throws -> String {
        try await get("/").formToken
    }

    /// Has the inbox catch these mails, in their order.
    func receive(_ mails: [String], to recipient: String = "c@d.example") async throws {
        let client = try await RawClient.connect(port: inbox.port)
        func expect(_ code: String) async throws {
            _ = try await client.wait("\(code)") { bytes, _ in
                let text = String(buffer: bytes)
                guard text.hasSuffix("\r\n"), let last = text.split(separator: "\r\n").last, last.hasPrefix("\(code) ")
                else { return nil as Bool? }
                bytes.clear()
                return true
            }
        }
        try await expect("220")
        try await client.send("EHLO test.example\r\n")
        try await expect("250")
        for mail in mails {
            for (line, code) in [
                ("MAIL FROM:<a@b.example>", "250"), ("RCPT TO:<\(recipient)>", "250"), ("DATA", "354"),
                ("\(mail)\r\n.", "250"),
            ] {
                try await client.send(line + "\r\n")
                try await expect(code)
            }
        }
        await client.close()
    }
}

extension RawResponse {
    /// The page token in a page's form; empty where it has none.
    var formToken: String {
        guard let start = text.ranges(of: "name=\"form_token\" value=\"").first else { return "" }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }
}

extension Logger {
    static var quiet: Logger {
        var logger = Logger(label: "web")
        logger.logLevel = .critical
        return logger
    }
}

/// Texts that a stranger may write, one for each way out of a page.
enum Hostile {
    static let texts = [
        "<script>document.title='owned'</script>", "\"><img src=x onerror=\"document.title='owned'\">",
        "' onmouseover='document.title=1' x='", "</title></main></script><b>", "{{title}}{{{main}}}",
        "\u{202e}gnp.exe", "a\u{0}b\u{7f}", "&amp;lt;", "javascript:alert(1)", "%0d%0aSet-Cookie: x=1",
        String(repeating: "a\u{301}\u{323}", count: 400), String(repeating: "W", count: 10_000),
        String(repeating: "\u{202e}\u{5d0}\u{5d1}", count: 1_500),
    ]
}
