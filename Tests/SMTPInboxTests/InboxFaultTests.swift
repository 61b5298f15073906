import BgdemoTestSupport
import Testing

@testable import BgdemoSMTPInbox

@Suite("Faults of the inbox", .timeLimit(.minutes(1)))
struct InboxFaultTests {
    /// The lines up to each stage.
    private static let lines = [
        "EHLO c.example", "AUTH PLAIN AGJvYgBzZWNyZXQ=", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA",
        ".",
    ]

    /// What a client hears in a whole mail's conversation, until it is told no, or nothing.
    private func conversation(_ inbox: Inbox) async throws -> [String] {
        let client = try await RawSMTPClient(inbox.port)
        var heard: [String] = []
        do {
            heard.append(String(try await client.reply().prefix(3)))
            for line in Self.lines where heard.last?.first == "2" || heard.last?.first == "3" {
                heard.append(String(try await client.ask(line).prefix(3)))
            }
        } catch is RawSMTPClient.Closed {
            heard.append("closed")
        }
        await client.close()
        return heard
    }

    private static let yes = ["220", "250", "235", "250", "250", "354", "250"]

    @Test(
        "Faults occur at each stage, of each kind",
        arguments: [
            (InboxFault.Stage.banner, 0, 0), (.ehlo, 1, 0), (.auth, 2, 0), (.mail, 3, 0), (.rcpt, 4, 0), (.data, 5, 0),
            (.dot, 6, 0), (.stored, 6, 1),
        ])
    func stages(_ stage: InboxFault.Stage, _ place: Int, _ stored: Int) async throws {
        for (action, heard) in [
            (InboxFault.Action.reply(454), "454"), (.reply(554), "554"), (.reply(421), "421"), (.drop, "closed"),
        ] {
            try await withInbox({
                $0.auth = Credentials(user: "bob", password: "secret")
                $0.faults = [InboxFault(stage, action)]
            }) { inbox in
                let conversation = try await conversation(inbox)
                #expect(conversation == Self.yes.prefix(place) + [heard])
                #expect(inbox.mails.total == stored)
            }
        }
    }

    @Test("A mail whose client has left before the reply is not stored")
    func lateStoring() async throws {
        try await withInbox({
            $0.delay = .fixed(.seconds(2))
            $0.storesWithAnswer = true
        }) { inbox in
            let mail = ["EHLO c.example", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA"]
            let (leaver, stayer) = (try await RawSMTPClient(inbox.port), try await RawSMTPClient(inbox.port))
            for client in [leaver, stayer] {
                _ = try await client.reply()
                for line in mail { _ = try await client.ask(line) }
            }
            try await leaver.send(".\r\n")
            await leaver.close()
            try await stayer.send(".\r\n")
            #expect(inbox.mails.total == 0)
            #expect(try await stayer.reply() == "250 2.0.0 OK, it is mail 1")
            #expect(inbox.mails.total == 1)
            await stayer.close()
        }
    }

    @Test("Faults occur at STARTTLS")
    func startTLS() async throws {
        try await withCertificate { made in
            try await withInbox({
                $0.tls = TLSFiles(certificate: made.certificate, key: made.key)
                $0.faults = [InboxFault(.starttls, .reply(454))]
            }) { inbox in
                let client = try await RawSMTPClient(inbox.port)
                try await client.greet()
                #expect(try await client.ask("STARTTLS").hasPrefix("454"))
                #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
            }
        }
    }

    @Test("After a refusing banner only QUIT is accepted")
    func banner() async throws {
        try await withInbox({ $0.faults = [InboxFault(.banner, .reply(554))] }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            #expect(try await client.reply().hasPrefix("554"))
            #expect(try await client.ask("EHLO c.example").hasPrefix("503"))
            #expect(try await client.ask("QUIT").hasPrefix("221"))
        }
    }

    @Test("421 closes the connection; a drop closes it after the earlier replies")
    func closing() async throws {
        try await withInbox({ $0.faults = [InboxFault(.mail, .reply(421))] }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            try await client.send("NOOP\r\nMAIL FROM:<a@b.example>\r\nNOOP\r\n")
            #expect(try await client.replies(2).map { $0.prefix(3) } == ["250", "421"])
            #expect(await client.hearsTheEnd())
        }
        try await withInbox({ $0.faults = [InboxFault(.rcpt, .drop)] }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            try await client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
            #expect(try await client.reply().hasPrefix("250"))
            #expect(await client.hearsTheEnd())
        }
    }

    @Test("A hang answers nothing until its time limit or the client's end")
    func hang() async throws {
        try await withInbox({
            $0.faults = [InboxFault(.banner, .hang)]
            $0.idleTime = .milliseconds(50)
        }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            #expect(await client.hearsTheEnd())
        }
        try await withInbox({ $0.faults = [InboxFault(.stored, .hang)] }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            try await client.send("MAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
            _ = try await client.replies(3)
            try await client.send(".\r\nNOOP\r\n")
            try await client.closeOutput()
            #expect(await client.hearsTheEnd())
            #expect(inbox.mails.total == 1)
        }
    }

    // MARK: Who is hit

    /// The Message-IDs, of 60, that were refused after the dot; sent over so many connections at once.
    private func refused(_ seed: UInt64, connections: Int) async throws -> Set<Int> {
        var refused: Set<Int> = []
        try await withInbox({
            $0.seed = seed
            $0.faults = [InboxFault(.dot, .reply(451), probability: 0.3)]
        }) { inbox in
            refused = try await withThrowingTaskGroup(of: Set<Int>.self) { group in
                let port = inbox.port
                for connection in 0..<connections {
                    group.addTask {
                        let client = try await RawSMTPClient(port)
                        try await client.greet()
                        var refused: Set<Int> = []
                        for id in stride(from: connection, to: 60, by: connections).reversed() {
                            let reply = try await client.mail(to: "c@d.example", "Message-ID: <\(id)@x>\r\n\r\n")
                            if reply.hasPrefix("451") { refused.insert(id) }
                        }
                        return refused
                    }
                }
                return try await group.reduce(into: []) { $0.formUnion($1) }
            }
        }
        return refused
    }

    @Test("One seed selects the same mails in any order")
    func reproducible() async throws {
        let alone = try await refused(5, connections: 1)
        #expect((8...28).contains(alone.count))
        #expect(try await refused(5, connections: 7) == alone)
        #expect(try await refused(6, connections: 1) != alone)
    }

    @Test("Each attempt is decided independently, and each fault has its share")
    func shares() throws {
        var settings = InboxSettings()
        settings.seed = 3
        settings.faults = [
            InboxFault(.dot, .reply(451), probability: 0.1), InboxFault(.dot, .drop, probability: 0.05),
            InboxFault(.data, .hang),
        ]
        let chaos = try FaultPlan(settings)
        let actions = (0..<100_000).map { chaos.fault(at: .dot, key: UInt64($0)) }
        #expect((9_500...10_500).contains(actions.count { $0 == .reply(451) }))
        #expect((4_600...5_400).contains(actions.count { $0 == .drop }))
        #expect(chaos.fault(at: .data, key: 1) == .hang)
        #expect(chaos.fault(at: .mail, key: 1) == nil)
        settings.faults.append(InboxFault(.dot, .drop, probability: 0.9))
        #expect(throws: InboxError.self) { try FaultPlan(settings) }
    }

    @Test("A retried mail is accepted in the end")
    func retries() async throws {
        try await withInbox({ $0.faults = [InboxFault(.dot, .reply(451), probability: 0.5)] }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            for id in 1...20 {
                var tries = 1
                while try await client.mail(to: "c@d.example", "Message-ID: <\(id)@x>\r\n\r\n").hasPrefix("451") {
                    tries += 1
                    try #require(tries < 40)
                }
            }
            #expect(inbox.mails.total == 20)
        }
    }
}
