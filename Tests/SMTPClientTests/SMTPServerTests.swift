import BgdemoSMTPClient
import Testing

@Suite("The mail server that a URL names")
struct SMTPServerTests {
    @Test(
        "URLs of mail servers",
        arguments: [
            ("smtp://mail.example.org", "smtp://mail.example.org:25", TLSPolicy.required),
            ("smtp://mail.example.org:587/", "smtp://mail.example.org:587", .required),
            ("SMTP://user:pa%20ss@mail.example.org:2525", "smtp://user@mail.example.org:2525", .required),
            ("smtps://user:p@ss@mail.example.org", "smtps://user@mail.example.org:465", .required),
            ("smtps://mail.example.org?tls=off", "smtps://mail.example.org:465", .required),
            ("smtp://inbox:1025?tls=off", "smtp://inbox:1025", .off),
            ("smtp://mail.example.org/client.example.org?tls=offered", "smtp://mail.example.org:25", .offered),
            ("smtp://localhost:2525", "smtp://localhost:2525", .off),
            ("smtp://127.0.0.1", "smtp://127.0.0.1:25", .off),
            ("smtp://127.example.org", "smtp://127.example.org:25", .required),
            ("smtp://[::1]:25", "smtp://[::1]:25", .off),
            ("smtp://[2001:db8::1]", "smtp://[2001:db8::1]:25", .required),
            ("discard:", "discard:", .off),
        ])
    func understood(url: String, description: String, tls: TLSPolicy) throws {
        let server = try SMTPServer(url: url)
        #expect(server.description == description)
        if server.scheme != .discard { #expect(server.tls == tls) }
    }

    @Test("gmail: stands for host, port and TLS of Gmail and needs a user")
    func gmailIsAPresetForItsUsers() throws {
        let server = try SMTPServer(url: "gmail", secret: .password("word"), user: "me@gmail.com")
        #expect(server.description == "smtp://me@gmail.com@smtp.gmail.com:587")
        #expect(server.tls == .required)
        #expect(throws: InvalidSMTPURL.self) { try SMTPServer(url: "gmail", secret: .password("word")) }
    }

    @Test("What is given beside the URL wins")
    func whatIsGivenBesideTheURLWins() throws {
        let server = try SMTPServer(url: "smtp://a:b@host?tls=off", secret: .password("c"), user: "d", tls: .required)
        #expect(server.user == "d")
        #expect(server.tls == .required)
        #expect(try SMTPServer(url: "smtp://host", secret: .password("unused")).user == nil)
        #expect(try SMTPServer(url: "smtp://host/name.example").clientName == "name.example")
    }

    @Test("A description has no password")
    func noDescriptionHasThePassword() throws {
        let server = try SMTPServer(url: "smtp://user:secret@host")
        #expect(!"\(server)".contains("secret"))
    }

    @Test(
        "URLs that are refused",
        arguments: [
            "", "smtp:", "smtp://", "mail.example.org", "http://host", "smtp+unix://x", "smtp:///path", "smtp://:25",
            "smtp://host:", "smtp://host:0", "smtp://host:65536", "smtp://host:+25", "smtp://host:25x", "smtp://-host",
            "smtp://ho st", "smtp://host\r\nQUIT", "smtp://hóst", "smtp://[::1", "smtp://[nonsense]:25",
            "smtp://[::1]25",
            "smtp://host/a/b", "smtp://host/a%0d%0aQUIT", "smtp://host?tls=try", "smtp://host?x=y", "smtp://@host",
            "smtp://user@host", "smtp://us%er:p@host", "smtp://us%0der:p@host", "smtp://user:%ff@host",
            "smtp://a:b%00@host",
            "discard:x", "smtp://host#x",
        ])
    func notUnderstood(url: String) {
        #expect(throws: InvalidSMTPURL.self) { try SMTPServer(url: url) }
    }
}
