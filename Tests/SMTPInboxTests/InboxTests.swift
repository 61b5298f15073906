import BgdemoSMTPInbox
import Logging
import NIOPosix
import Testing

@Suite("An inbox", .timeLimit(.minutes(1)))
struct InboxTests {
    @Test("The inbox stores a mail byte for byte and passes it to its subscribers")
    func catches() async throws {
        try await withInbox { inbox in
            var arrivals = inbox.arrivals().makeAsyncIterator()
            let client = try await RawSMTPClient(inbox.port)
            #expect(try await client.reply() == "220 inbox.bgdemo.invalid ESMTP bgdemo inbox")
            let offer = try await client.ask("EHLO client.example")
            #expect(
                offer.split(separator: "\n").map { String($0.dropFirst(4)) } == [
                    "inbox.bgdemo.invalid", "PIPELINING", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES",
                    "SMTPUTF8",
                ])
            let text = "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\nMessage-ID: <1@x>\r\n\r\n..dots\r\n.\u{e9}\r\n"
            #expect(try await client.ask("MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME") == "250 2.1.0 OK")
            #expect(try await client.ask("RCPT TO:<c@d.example>") == "250 2.1.5 OK")
            #expect(try await client.ask("DATA").hasPrefix("354 "))
            let stuffed = text.replacing("\r\n.", with: "\r\n..")
            #expect(try await client.ask(stuffed + ".") == "250 2.0.0 OK, it is mail 1")
            #expect(try await client.ask("QUIT") == "221 2.0.0 closing")
            #expect(await client.hearsTheEnd())

            let mail = try #require(await arrivals.next())
            #expect(mail.raw == Array(text.utf8))
            #expect(mail.subject == "Grüße")
            #expect(mail.text == "..dots\r\n.\u{e9}\r\n")
            #expect(mail.messageID == "<1@x>")
            #expect(mail.sender == "a@b.example")
            #expect(mail.recipients == ["c@d.example"])
            #expect(mail.id == 1 && mail.connection == 1 && !mail.usedTLS && mail.user == nil)
            #expect(inbox.mails[1]?.raw == mail.raw)
            #expect(inbox.mails.total == 1)
        }
    }

    @Test("Subscribers are ready before the first client")
    func opening() async throws {
        var arrivals: AsyncStream<CaughtMail>?
        let inbox = try await Inbox.start(
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "inbox")
        ) { arrivals = $0.arrivals(buffering: 10) }
        let client = try await RawSMTPClient(inbox.port)
        _ = try await client.reply()
        for line in ["HELO c", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA", "Subject: first\r\n\r\n."] {
            _ = try await client.ask(line)
        }
        await inbox.stop()
        // Nobody has read until now; the mail is there, and then the end.
        var iterator = try #require(arrivals).makeAsyncIterator()
        #expect(await iterator.next()?.subject == "first")
        #expect(await iterator.next() == nil)
    }
}
