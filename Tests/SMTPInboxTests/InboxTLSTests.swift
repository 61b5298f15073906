import BgdemoSMTPInbox
import NIOSSL
import BgdemoTestSupport
import Testing

@Suite("TLS and logging in", .timeLimit(.minutes(1)))
struct InboxTLSTests {
    @Test("STARTTLS: offered once, forgets what was sent before, and mails come under it")
    func startTLS() async throws {
        try await withCertificate { made in
            try await withInbox({ $0.tls = TLSFiles(certificate: made.certificate, key: made.key) }) { inbox in
                let client = try await RawSMTPClient(inbox.port)
                _ = try await client.reply()
                #expect(try await client.ask("STARTTLS").hasPrefix("503"))
                #expect(try await client.ask("EHLO c.example").contains("250-STARTTLS"))
                #expect(try await client.ask("STARTTLS now").hasPrefix("501"))
                try await client.ask("MAIL FROM:<a@b.example>")
                #expect(try await client.ask("STARTTLS").hasPrefix("220"))
                try await client.startTLS(made.trusting)
                #expect(try await client.ask("MAIL FROM:<a@b.example>").hasPrefix("503"))
                #expect(try await !client.ask("EHLO c.example").contains("STARTTLS"))
                #expect(try await client.ask("STARTTLS").hasPrefix("503"))
                #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
                #expect(inbox.mails[1]?.usedTLS == true)
                #expect(try await client.ask("QUIT").hasPrefix("221"))
                #expect(await client.hearsTheEnd())
            }
        }
    }

    @Test("Commands sent in the clear behind STARTTLS are not executed")
    func injection() async throws {
        try await withCertificate { made in
            try await withInbox({ $0.tls = TLSFiles(certificate: made.certificate, key: made.key) }) { inbox in
                let client = try await RawSMTPClient(inbox.port)
                try await client.greet()
                let mail = "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nevil\r\n.\r\n"
                try await client.send("STARTTLS\r\nEHLO evil.example\r\n" + mail)
                #expect(try await client.reply().hasPrefix("220"))
                try await client.startTLS(made.trusting)
                #expect(try await client.ask("NOOP") == "250 2.0.0 OK")
                #expect(try await client.ask("MAIL FROM:<a@b.example>").hasPrefix("503"))
                #expect(inbox.mails.total == 0)
            }
        }
    }

    @Test("A certificate that is none is named, without the words of the TLS library")
    func unusable() async throws {
        do {
            try await withInbox({ $0.tls = TLSFiles(certificate: "/dev/null", key: "/dev/null") }) { _ in }
            Issue.record("the inbox started")
        } catch {
            #expect("\(error)".contains("can't use the certificate /dev/null with the key /dev/null: both must be"))
            #expect(!"\(error)".contains("NIOSSL") && !"\(error)".contains("failedTo"), "\(error)")
        }
    }

    @Test("TLS from the first byte")
    func implicit() async throws {
        try await withCertificate { made in
            try await withInbox({
                $0.tls = TLSFiles(certificate: made.certificate, key: made.key, isImplicit: true)
            }) { inbox in
                #expect(inbox.url == "smtps://127.0.0.1:\(inbox.port)")
                let client = try await RawSMTPClient(inbox.port, tls: made.trusting)
                try await client.greet()
                #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
                #expect(inbox.mails[1]?.usedTLS == true)

                let plain = try await RawSMTPClient(inbox.port)
                try await plain.send("EHLO c.example\r\n")
                await #expect(throws: RawSMTPClient.Closed.self) { while true { _ = try await plain.reply() } }
            }
        }
    }

    @Test("An unusable certificate stops the start with its file name")
    func noCertificate() async throws {
        await #expect {
            try await withInbox({ $0.tls = TLSFiles(certificate: "/nowhere/c.pem", key: "/nowhere/k.pem") }) { _ in }
        } throws: { "\($0)".contains("/nowhere/c.pem") }
    }

    @Test("A login is offered over TLS only, if there is TLS")
    func loginNeedsTLS() async throws {
        try await withCertificate { made in
            try await withInbox({
                $0.tls = TLSFiles(certificate: made.certificate, key: made.key)
                $0.auth = Credentials(user: "bob", password: "secret")
                $0.requireAuth = true
            }) { inbox in
                let client = try await RawSMTPClient(inbox.port)
                _ = try await client.reply()
                #expect(try await !client.ask("EHLO c.example").contains("AUTH"))
                #expect(try await client.ask("AUTH PLAIN AGJvYgBzZWNyZXQ=").hasPrefix("538"))
                #expect(try await client.ask("MAIL FROM:<a@b.example>").hasPrefix("530"))
                try await client.ask("STARTTLS")
                try await client.startTLS(made.trusting)
                #expect(try await client.ask("EHLO c.example").contains("250-AUTH PLAIN LOGIN"))
                #expect(try await client.ask("AUTH PLAIN AGJvYgBzZWNyZXQ=").hasPrefix("235"))
                #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
                #expect(inbox.mails[1]?.user == "bob")
            }
        }
    }

    // base 64: bob, secret, NUL bob NUL secret, bob NUL bob NUL secret, amy NUL bob NUL secret, NUL bob NUL wrong.
    @Test(
        "AUTH",
        arguments: [
            Dialogue("PLAIN at once", ("AUTH PLAIN AGJvYgBzZWNyZXQ=", "235")),
            Dialogue("PLAIN, asked", ("auth plain", "334 "), ("AGJvYgBzZWNyZXQ=", "235")),
            Dialogue("PLAIN for oneself", ("AUTH PLAIN Ym9iAGJvYgBzZWNyZXQ=", "235")),
            Dialogue("PLAIN for another", ("AUTH PLAIN YW15AGJvYgBzZWNyZXQ=", "535")),
            Dialogue(
                "PLAIN, wrong, then right", ("AUTH PLAIN AGJvYgB3cm9uZw==", "535"),
                ("AUTH PLAIN AGJvYgBzZWNyZXQ=", "235")),
            Dialogue("PLAIN, empty", ("AUTH PLAIN =", "501"), ("NOOP", "250")),
            Dialogue("PLAIN, not base 64", ("AUTH PLAIN AGJvYgBzZWNyZXQ", "501"), ("AUTH PLAIN %%%%", "501")),
            Dialogue("PLAIN, too few words", ("AUTH PLAIN Ym9i", "501")),
            Dialogue("PLAIN, given up", ("AUTH PLAIN", "334 "), ("*", "501"), ("NOOP", "250")),
            Dialogue("LOGIN", ("AUTH LOGIN", "334 VXNlcm5hbWU6"), ("Ym9i", "334 UGFzc3dvcmQ6"), ("c2VjcmV0", "235")),
            Dialogue("LOGIN with the user", ("AUTH LOGIN Ym9i", "334 UGFzc3dvcmQ6"), ("c2VjcmV0", "235")),
            Dialogue("LOGIN, wrong", ("AUTH LOGIN Ym9i", "334"), ("Ym9i", "535"), ("NOOP", "250")),
            Dialogue("LOGIN, given up", ("AUTH LOGIN", "334"), ("Ym9i", "334"), ("*", "501"), ("NOOP", "250")),
            Dialogue("a long answer", ("AUTH PLAIN " + String(repeating: "A", count: 8_000), "501"), ("NOOP", "250")),
            Dialogue("other mechanisms", ("AUTH CRAM-MD5", "504"), ("AUTH", "501"), ("AUTH PLAIN a b", "501")),
            Dialogue("twice", ("AUTH PLAIN AGJvYgBzZWNyZXQ=", "235"), ("AUTH PLAIN AGJvYgBzZWNyZXQ=", "503")),
            Dialogue("amid a mail", ("MAIL FROM:<a@b.example>", "250"), ("AUTH PLAIN AGJvYgBzZWNyZXQ=", "503")),
        ])
    func login(_ dialogue: Dialogue) async throws {
        try await withInbox({ $0.auth = Credentials(user: "bob", password: "secret") }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            #expect(try await client.ask("AUTH PLAIN").hasPrefix("220"))
            #expect(try await client.reply().hasPrefix("503"))
            #expect(try await client.ask("EHLO c.example").contains("250-AUTH PLAIN LOGIN"))
            for (line, beginning) in dialogue.lines {
                let reply = try await client.ask(line)
                #expect(reply.hasPrefix(beginning), "\(line.prefix(80)) got \(reply)")
            }
        }
    }
}

/// Runs a test with a certificate of its own.
func withCertificate(_ test: (TestCertificate) async throws -> Void) async throws {
    try await withTemporaryFolder { try await test(TestCertificate(in: $0)) }
}

extension TestCertificate {
    /// Who trusts this certificate alone.
    fileprivate var trusting: NIOSSLContext {
        get throws {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .file(certificate)
            return try NIOSSLContext(configuration: configuration)
        }
    }
}
