import BgdemoSMTPInbox
import Testing

/// What a client says, line by line, and how each reply begins; an empty beginning stands for a closed connection.
struct Dialogue: Sendable, CustomTestStringConvertible {
    let name: String
    let lines: [(String, String)]

    var testDescription: String { name }

    init(_ name: String, _ lines: (String, String)...) {
        self.name = name
        self.lines = lines
    }
}

private let hello = ("EHLO c.example", "250-inbox.bgdemo.invalid")
private let mail = ("MAIL FROM:<a@b.example>", "250 2.1.0")
private let rcpt = ("RCPT TO:<c@d.example>", "250 2.1.5")
private let long = String(repeating: "x", count: 600)

@Suite("A client's session with the inbox", .timeLimit(.minutes(1)))
struct SMTPSessionTests {
    @Test(
        "A session follows RFC 5321",
        arguments: [
            Dialogue("HELO alone", ("HELO c.example", "250 inbox"), mail, rcpt, ("DATA", "354"), (".", "250")),
            Dialogue(
                "letter case", ("ehlo c.example", "250-"), ("mail From:<a@b.example>", "250"),
                ("rcpt tO:<c@d.e>", "250")),
            Dialogue("no name", ("EHLO", "501"), ("HELO", "501"), ("EHLO  ", "501")),
            Dialogue("MAIL before EHLO", (mail.0, "503")),
            Dialogue("RCPT before MAIL", hello, (rcpt.0, "503")),
            Dialogue("DATA before MAIL", hello, ("DATA", "503")),
            Dialogue("DATA before RCPT", hello, mail, ("DATA", "503")),
            Dialogue("MAIL twice", hello, mail, (mail.0, "503"), rcpt),
            Dialogue("EHLO forgets the mail", hello, mail, rcpt, hello, ("DATA", "503"), mail),
            Dialogue("RSET forgets the mail", hello, mail, rcpt, ("RSET", "250"), ("DATA", "503"), mail),
            Dialogue("RSET with nothing to forget", ("RSET", "250"), ("NOOP", "250"), ("NOOP really", "250")),
            Dialogue("the null sender", hello, ("MAIL FROM:<>", "250"), rcpt),
            Dialogue("postmaster", hello, mail, ("RCPT TO:<Postmaster>", "250"), ("RCPT TO:<postmaster@d.e>", "250")),
            Dialogue(
                "a source route", hello, ("MAIL FROM:<@x.e,@y.e:a@b.example>", "250"), ("RCPT TO:<@x.e:c@d.e>", "250")),
            Dialogue(
                "a quoted local part", hello, ("MAIL FROM:<\"a > b\"@c.example>", "250"),
                ("RCPT TO:<\"\\\"\"@d.e>", "250")),
            Dialogue(
                "blanks after the colon, as other servers take them", hello, ("MAIL FROM: <a@b.example> SIZE=5", "250"),
                ("RCPT TO:  <c@d.example>", "250"), ("RCPT TO:   ", "501")),
            Dialogue("parameters", hello, ("MAIL FROM:<a@b.e> SIZE=5 BODY=8BITMIME SMTPUTF8 AUTH=<>", "250")),
            Dialogue("lower case parameters", hello, ("MAIL FROM:<a@b.e> size=5 body=7bit", "250")),
            Dialogue(
                "a parameter nobody knows", hello, ("MAIL FROM:<a@b.e> RET=HDRS", "555"), mail,
                ("RCPT TO:<c@d.e> NOTIFY=NEVER", "555")),
            Dialogue(
                "SIZE of nothing", hello, ("MAIL FROM:<a@b.e> SIZE=", "501"), ("MAIL FROM:<a@b.e> SIZE=-1", "501"),
                ("MAIL FROM:<a@b.e> SIZE=1x", "501")),
            Dialogue("SIZE past all", hello, ("MAIL FROM:<a@b.e> SIZE=99999999999999999999999999", "552"), mail),
            Dialogue(
                "BODY of what", hello, ("MAIL FROM:<a@b.e> BODY=BINARYMIME", "501"),
                ("MAIL FROM:<a@b.e> SMTPUTF8=1", "501")),
            Dialogue(
                "no brackets", hello, ("MAIL FROM:a@b.example", "501"), ("MAIL FROM: a@b.example", "501"),
                ("MAIL <a@b.example>", "501"), ("MAIL", "501"), ("MAIL FROM:", "501")),
            Dialogue(
                "brackets left open", hello, ("MAIL FROM:<a@b.example", "501"), ("MAIL FROM:<\"a@b.example>", "501"),
                ("MAIL FROM:<a@b.example>SIZE=1", "501")),
            Dialogue(
                "no address", hello, mail, ("RCPT TO:<>", "501"), ("RCPT TO:<c>", "501"), ("RCPT TO:<@d.e>", "501"),
                ("RCPT TO:<c@>", "501"), ("RCPT TO:<c@d@e.f>", "501"), ("RCPT TO:<c d@e.f>", "501")),
            Dialogue("UTF-8 without SMTPUTF8", hello, mail, ("RCPT TO:<grüße@d.example>", "553 5.6.7")),
            Dialogue(
                "UTF-8 with SMTPUTF8", hello, ("MAIL FROM:<ä@b.example> SMTPUTF8", "250"),
                ("RCPT TO:<grüße@d.example>", "250")),
            Dialogue("all recipients refused", hello, mail, ("RCPT TO:<fail-550@d.example>", "550"), ("DATA", "554")),
            Dialogue(
                "VRFY, EXPN, HELP", ("VRFY a", "252"), ("VRFY", "501"), ("EXPN a", "502"), ("HELP", "214"),
                ("HELP MAIL", "214")),
            Dialogue(
                "no such command", ("FOO", "500"), ("EHLOX", "500"), ("", "500"), ("  ", "500"), ("\u{ff}", "500"),
                ("BDAT 1 LAST", "502")),
            Dialogue(
                "arguments where none belong", hello, mail, rcpt, ("DATA now", "501"), ("RSET x", "501"),
                ("QUIT x", "501"), ("DATA", "354")),
            Dialogue("STARTTLS and AUTH that are not offered", hello, ("STARTTLS", "502"), ("AUTH PLAIN", "502")),
            Dialogue(
                "a control character", ("NOOP \u{0}", "500"), ("NOOP \u{7f}", "500"), ("NOOP a\rb", "500"),
                ("NOOP", "250")),
            Dialogue("a bare LF", ("NOOP\nNOOP", "500"), ("NOOP", "250")),
            Dialogue(
                "a line too long", ("NOOP " + long, "500 5.5.2"), ("NOOP", "250"),
                ("NOOP " + long + long + long, "500 5.5.2"), ("NOOP", "250")),
            Dialogue("QUIT", ("QUIT", "221"), ("", "")),
            Dialogue("QUIT amid a mail", hello, mail, rcpt, ("QUIT", "221"), ("", "")),
        ])
    func dialogue(_ dialogue: Dialogue) async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            #expect(try await client.reply().hasPrefix("220 "))
            for (line, beginning) in dialogue.lines {
                if beginning.isEmpty {
                    #expect(await client.hearsTheEnd())
                } else {
                    try await client.send(line + "\r\n")
                    for (line, beginning) in Self.split(line, beginning) {
                        let reply = try await client.reply()
                        #expect(reply.hasPrefix(beginning), "\(line.prefix(80)) got \(reply)")
                    }
                }
            }
        }
    }

    /// A bare LF makes one broken line, then a good one.
    private static func split(_ line: String, _ beginning: String) -> [(String, String)] {
        line.contains("\n") ? [(line, beginning), (line, "250")] : [(line, beginning)]
    }

    private static let session = """
        EHLO c.example\r
        MAIL FROM:<a@b.example>\r
        RCPT TO:<c@d.example>\r
        RCPT TO:<fail-550@d.example>\r
        DATA\r
        Subject: one\r
        \r
        ..\r
        .\r
        MAIL FROM:<a@b.example>\r
        RCPT TO:<e@f.example>\r
        DATA\r
        \r
        .\r
        NOOP\r
        QUIT\r

        """
    private static let codes = [
        "220", "250", "250", "250", "550", "354", "250", "250", "250", "354", "250", "250", "221",
    ]

    @Test("Pipelined commands are answered in order")
    func pipelining() async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.send(Self.session)
            #expect(try await client.replies(13).map { String($0.prefix(3)) } == Self.codes)
            #expect(await client.hearsTheEnd())
            #expect(inbox.mails.newest().map(\.recipients) == [["e@f.example"], ["c@d.example"]])
            #expect(inbox.mails.newest().map(\.raw) == [Array("\r\n".utf8), Array("Subject: one\r\n\r\n.\r\n".utf8)])
        }
    }

    @Test("Commands are read the same however the bytes are cut", arguments: [1, 2, 3, 7])
    func cuts(_ size: Int) async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            let bytes = Array(Self.session.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                try await client.send(bytes: Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(try await client.replies(13).map { String($0.prefix(3)) } == Self.codes)
            #expect(inbox.mails.newest().map(\.raw) == [Array("\r\n".utf8), Array("Subject: one\r\n\r\n.\r\n".utf8)])
        }
    }

    @Test("A client that closes its half gets every reply")
    func halfClosed() async throws {
        try await withInbox({ $0.delay = .fixed(.milliseconds(10)) }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.send(Self.session.replacing("QUIT\r\n", with: ""))
            try await client.closeOutput()
            #expect(try await client.replies(12).map { String($0.prefix(3)) } == Array(Self.codes.dropLast()))
            #expect(await client.hearsTheEnd())
        }
    }

    @Test("Random bytes leave the inbox working")
    func noise() async throws {
        try await withInbox { inbox in
            var random = SystemRandomNumberGenerator()
            let words = [
                "EHLO x", "MAIL FROM:<a@b.c>", "RCPT TO:<", "DATA", "AUTH PLAIN ", "\r\n", "\r\n", ".", "\n", "\0", ">",
                "\"", "\\", "=",
            ]
            for _ in 0..<50 {
                let client = try await RawSMTPClient(inbox.port)
                var bytes: [UInt8] = []
                for _ in 0..<200 {
                    bytes +=
                        Bool.random(using: &random)
                        ? Array((words.randomElement(using: &random) ?? "").utf8)
                        : [.random(in: 0...255, using: &random)]
                }
                try? await client.send(bytes: bytes)
                await client.close()
            }
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            #expect(try await client.mail(to: "c@d.example").hasPrefix("250 "))
        }
    }
}
