@testable import BgdemoSMTPInbox
import Logging
import NIOCore
import Testing

@Suite("Limits of the inbox", .timeLimit(.minutes(1)))
struct InboxLimitTests {
    @Test("A mail past the size limit is refused, by its announcement and by its bytes")
    func size() async throws {
        try await withInbox({ $0.maxSize = 1_000 }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            #expect(try await client.ask("MAIL FROM:<a@b.example> SIZE=1001").hasPrefix("552 5.3.4"))
            let line = String(repeating: "x", count: 98) + "\r\n"
            #expect(try await client.mail(to: "c@d.example", String(repeating: line, count: 10)).hasPrefix("250"))
            #expect(try await client.mail(to: "c@d.example", String(repeating: line, count: 11)).hasPrefix("552"))
            #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
            #expect(inbox.mails.total == 2)
        }
    }

    @Test("Mails being received share one bound in bytes")
    func receiving() async throws {
        var settings = InboxSettings()
        settings.maxReceiving = 1 << 20
        let inbox = try await InboxContext(settings, logger: Logger(label: "test"))
        func conversation(_ text: String) -> SMTPSession {
            var conversation = SMTPSession(number: 1, inbox: inbox)
            let envelope = "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
            #expect(steps(&conversation, envelope + text).replies.hasSuffix("\r\n"))
            return conversation
        }
        let text = String(repeating: String(repeating: "x", count: 1_022) + "\r\n", count: 600)
        var slow = conversation(text)
        var refused = conversation(text)
        #expect(steps(&refused, ".\r\n").replies.hasPrefix("452 4.3.1"))
        var small = conversation(text.suffix(200 << 10) + "")
        #expect(steps(&small, ".\r\n").mails.first?.reserved == 0)
        let mail = try #require(steps(&slow, ".\r\n").mails.first)
        #expect(mail.mail.raw.count == 600 << 10 && mail.reserved == 600 << 10)
        // Held until the mail is stored, and given back by a connection that is lost.
        var second = conversation(text)
        #expect(steps(&second, ".\r\n").replies.hasPrefix("452"))
        inbox.release(mail.reserved)
        var lost = conversation(text)
        lost.end()
        var third = conversation(text)
        #expect(steps(&third, ".\r\n").mails.count == 1)
    }

    /// What a conversation answers to these bytes, and the mails it hands over.
    private func steps(_ conversation: inout SMTPSession, _ text: String) -> (replies: String, mails: [ReceivedMail]) {
        var (input, out) = (ByteBuffer(string: text), ByteBuffer())
        var mails: [ReceivedMail] = []
        while input.readableBytes > 0 {
            switch conversation.next(&input, &out) {
            case .received(let mail): mails.append(mail)
            case .goOn: continue
            default: return (String(buffer: out), mails)
            }
        }
        return (String(buffer: out), mails)
    }

    @Test("The 101st recipient is refused temporarily")
    func recipients() async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            try await client.ask("MAIL FROM:<a@b.example>")
            for number in 1...100 { #expect(try await client.ask("RCPT TO:<c\(number)@d.example>").hasPrefix("250")) }
            #expect(try await client.ask("RCPT TO:<c101@d.example>").hasPrefix("452 4.5.3"))
            try await client.ask("DATA")
            #expect(try await client.ask(".").hasPrefix("250"))
            #expect(inbox.mails[1]?.recipients.count == 100)
        }
    }

    @Test("A connection past the limit gets 421")
    func connections() async throws {
        try await withInbox({ $0.maxConnections = 2 }) { inbox in
            let (one, two) = (try await RawSMTPClient(inbox.port), try await RawSMTPClient(inbox.port))
            _ = (try await one.reply(), try await two.reply())
            let three = try await RawSMTPClient(inbox.port)
            #expect(try await three.reply().hasPrefix("421 4.3.2"))
            #expect(await three.hearsTheEnd())
            try await one.ask("QUIT")
            #expect(await one.hearsTheEnd())
            await one.close()
            // The place is free when the server has seen the connection go.
            while true {
                if try await RawSMTPClient(inbox.port).reply().hasPrefix("220") { break }
            }
        }
    }

    @Test("A client is closed after 20 errors without a mail")
    func errors() async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            for _ in 1...19 { #expect(try await client.ask("FOO").hasPrefix("500")) }
            #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
            for _ in 1...20 { #expect(try await client.ask("FOO").hasPrefix("500")) }
            #expect(try await client.reply().hasPrefix("421"))
            #expect(await client.hearsTheEnd())
        }
    }

    @Test("An idle client is closed, also one that sends a byte at a time")
    func idle() async throws {
        try await withInbox({ $0.idleTime = .milliseconds(100) }) { inbox in
            let silent = try await RawSMTPClient(inbox.port)
            _ = try await silent.reply()
            #expect(try await silent.reply().hasPrefix("421 4.4.2"))
            #expect(await silent.hearsTheEnd())

            let trickling = try await RawSMTPClient(inbox.port)
            _ = try await trickling.reply()
            await #expect(throws: (any Error).self) {
                while true { try await trickling.send("x") }
            }
            #expect(try await trickling.reply().hasPrefix("421 4.4.2"))
        }
    }

    @Test("DATA has an absolute time limit")
    func dataTime() async throws {
        try await withInbox({
            $0.dataTime = .milliseconds(100)
        }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            try await client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\none line\r\n")
            #expect(try await client.replies(4).map { $0.prefix(3) } == ["250", "250", "354", "421"])
            #expect(inbox.mails.total == 0)
        }
    }

    @Test("No commands are read from a client that does not read replies")
    func deafClient() async throws {
        try await withInbox({ $0.idleTime = .milliseconds(300) }) { inbox in
            let deaf = try await RawSMTPClient(inbox.port, reads: false)
            let noops = String(repeating: "HELP\r\n", count: 1_000)
            // Its writes stall when the inbox stops to read, and fail when its patience has ended.
            await #expect(throws: (any Error).self) {
                while true { try await deaf.send(noops) }
            }
        }
    }

    @Test("Mails are limited by a rate, and one second's share may come at once")
    func rate() async throws {
        try await withInbox({ $0.rateLimit = 0.001 }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
            #expect(try await client.ask("MAIL FROM:<a@b.example>").hasPrefix("421 4.7.0"))
            #expect(await client.hearsTheEnd())
        }
    }

    @Test("The newest mails are kept, by number and by bytes")
    func keeping() async throws {
        try await withInbox({
            $0.keep = 3
            $0.keepBytes = 970
        }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            for number in 1...5 { #expect(try await client.mail(to: "c\(number)@d.example").hasPrefix("250")) }
            #expect(inbox.mails.newest().map(\.id) == [5, 4, 3])
            #expect(inbox.mails.newest(2).map(\.id) == [5, 4])
            #expect(inbox.mails.newest(before: 5).map(\.id) == [4, 3])
            #expect(inbox.mails.newest(1, before: 5).map(\.id) == [4])
            #expect(inbox.mails.newest(before: 1).isEmpty && inbox.mails.newest(0).isEmpty)
            #expect(inbox.mails[2] == nil && inbox.mails[3]?.recipients == ["c3@d.example"] && inbox.mails[6] == nil)
            #expect(inbox.mails[.max] == nil && inbox.mails[.min] == nil && inbox.mails.newest(-1).isEmpty)
            let big = String(repeating: "x\r\n", count: 320)
            #expect(try await client.mail(to: "big@d.example", big).hasPrefix("250"))
            #expect(inbox.mails.newest().map(\.id) == [6])
            #expect(inbox.mails.bytes == 960 && inbox.mails.total == 6)
            #expect(try await client.mail(to: "bigger@d.example", big + big).hasPrefix("250"))
            #expect(inbox.mails.newest().isEmpty && inbox.mails.total == 7)
        }
    }
}
