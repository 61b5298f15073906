import Testing

@testable import BgdemoSMTPClient

@Suite("Replies of mail servers")
struct SMTPReplyTests {
    @Test(
        "Replies are found however the bytes arrive",
        arguments: [
            ("250 ok\r\n", [250], "250 ok"), ("250\r\n", [250], "250 "), ("250 \r\n", [250], "250 "),
            ("250 ok\n", [250], "250 ok"), ("250-one\r\n250-two\r\n250 three\r\n", [250], "250 one two three"),
            ("220 a\r\n421 b\r\n", [220, 421], "421 b"), ("550 a\u{7}b\u{1b}[31m\r\n", [550], "550 a b [31m"),
            ("550 naïve\r\n", [550], "550 naïve"),
        ])
    func replies(wire: String, codes: [Int], text: String) throws {
        // However the bytes arrive.
        for step in [1, 2, 7, 1000] {
            var parser = SMTPReplyParser()
            var replies: [SMTPReply] = []
            var rest = Array(wire.utf8)[...]
            while !rest.isEmpty {
                parser.bytes.append(contentsOf: rest.prefix(step))
                rest = rest.dropFirst(step)
                while let reply = try parser.next() { replies.append(reply) }
            }
            #expect(replies.map(\.code) == codes)
            #expect(replies.last?.text == text)
            #expect(parser.isAtRest)
        }
    }

    @Test(
        "What is no reply is refused",
        arguments: [
            "\r\n", "25\r\n", "2500 ok\r\n", "25a ok\r\n", "099 ok\r\n", "600 ok\r\n", "100 ok\r\n", "250+ok\r\n",
            "ok\r\n",
            " 250 ok\r\n", "250-one\r\ntwo\r\n", String(repeating: "2", count: 70_000),
            String(repeating: "250-more\r\n", count: 20_000),
        ])
    func noReplies(wire: String) {
        var parser = SMTPReplyParser()
        parser.bytes = Array(wire.utf8)
        #expect(throws: SMTPReplyParser.Violation.self) { while try parser.next() != nil {} }
    }

    @Test("The text of a reply is cut at 1,000 characters")
    func aReplyThatTalksTooMuchIsCut() throws {
        var parser = SMTPReplyParser()
        parser.bytes = Array("550 \(String(repeating: "x", count: 5000))\r\n".utf8)
        #expect(try parser.next()?.text.count == 1000)
    }
}
