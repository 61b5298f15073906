import Foundation
import BgdemoEmail
import BgdemoTestSupport
import Testing

@Suite("A message is read by others as it was written", .timeLimit(.minutes(2)))
struct MIMEMessageTests {
    private static let ascii = String(String.UnicodeScalarView((0x20..<0x7f).compactMap(Unicode.Scalar.init)))

    private static let subjects = [
        "hello", "Hello, \"World\" <x@y.example>", ascii, ascii + ascii + ascii, " leading", "trailing ", "  both  ",
        " ",
        "a  b   c", "=?utf-8?q?not_a_word?=", "x =?utf-8?b?eA==?= y", "=?", "?=", "under_score", "=3D", "ünï", "日本語の件名",
        "👩‍👩‍👧 family", "שלום עולם", "مرحبا\u{200f}", "e\u{301}", "\u{301}", "\u{a0}", "\u{2028}", "\u{feff}bom",
        String(repeating: "x", count: 67), String(repeating: "x", count: 68), String(repeating: "x", count: 998),
        String(repeating: "word ", count: 199), String(repeating: "é", count: 499), String(repeating: "日", count: 332),
        String(repeating: "a😀", count: 199), "%0d%0aBcc: c@d.example", "Bcc: c@d.example", "(comment)", "a,b;c:d",
        String(repeating: "x", count: 35) + "é", String(repeating: "x", count: 36) + "é", "#\\\\\"",
    ]

    private static let texts = [
        "hello", ".", "..", ".\r\n", "a\r\n.\r\nb", "\n.\n", ".leading\n.again\n", "a\r\n.\r\nQUIT\r\n", "\n", "\r\n",
        "\r", "\n\n\n",
        "\n\r", "\r\r\n", "\r\n\n\r", "one\ntwo\rthree\r\nfour", "ends\n", "ends not",
        "trailing \nblank\t\n \n\t\nend ", " ", "\t",
        "a ", "a\t", "a \n", "=", "==", "a=", "a=\nb", "=3D", "=\r\n=", "From me\nFrom you\n", "--boundary--\n",
        String(repeating: "x", count: 74), String(repeating: "x", count: 75), String(repeating: "x", count: 76),
        String(repeating: "x", count: 77), String(repeating: "x", count: 998), String(repeating: "x", count: 10_000),
        String(repeating: " ", count: 200), String(repeating: "\t", count: 200), String(repeating: "=", count: 200),
        String(repeating: "x", count: 74) + " ", String(repeating: "x", count: 75) + " \n",
        String(repeating: "x", count: 75) + "\n" + String(repeating: "y", count: 75),
        String(repeating: ".", count: 75) + ".\n" + String(repeating: ".", count: 76),
        String(repeating: ".\n", count: 500),
        ascii, "ünïcödé", String(repeating: "é", count: 57), String(repeating: "日", count: 19) + "\n",
        String(repeating: "日本", count: 1000), "👩‍👩‍👧", "שלום\nעולם",
        "one é among many plain letters, so that it stays readable",
        "e\u{301}", "\u{2028}\u{2029}", "\u{feff}bom", "Subject: not a header\r\n\r\nnot a body",
        String(repeating: "\n", count: 20_000),
    ]

    @Test("A MIME reader gets subject and text byte for byte")
    func readBack() async throws {
        var emails = try Self.subjects.map { try Email(to: "a@b.example", subject: $0, text: "x") }
        emails += try Self.texts.map { try Email(to: "a@b.example", subject: "x", text: $0) }
        try await check(emails)
    }

    @Test("A MIME reader gets any combination of characters", arguments: [7, 11])
    func random(seed: UInt64) async throws {
        var pieces = RandomText(seed: seed)
        var emails: [Email] = []
        while emails.count < 1000 {
            // A subject of 60 pieces can be past its limit.
            guard let email = try? Email(to: "a@b.example", subject: pieces.subject(), text: pieces.text()) else {
                continue
            }
            emails.append(email)
        }
        try await check(emails)
    }

    @Test("A MIME reader gets 1 MiB of ASCII and of other text")
    func large() async throws {
        let plain = String(repeating: "The quick brown fox = jumps.\n", count: Email.maximumTextBytes / 29)
        let foreign = String(repeating: "日", count: Email.maximumTextBytes / 3)
        try await check([plain, foreign].map { try Email(to: "a@b.example", subject: "x", text: $0) })
    }

    @Test("A message has each header of RFC 5322 and MIME once")
    func headers() async throws {
        let email = try Email(to: "\"a b\"@bücher.example", subject: "s", text: "t")
        let date = Date(timeIntervalSince1970: 1_795_496_154)
        let message = MIMEMessage(email, from: try Address("me@münchen.example"), date: date)
        let read = try #require(try await PythonMailParser.read([message.bytes]).first)
        #expect(message.messageID == "<\(email.id)@xn--mnchen-3ya.example>")
        #expect(
            read.headers == [
                ["From", "me@xn--mnchen-3ya.example"], ["To", "\"a b\"@xn--bcher-kva.example"], ["Subject", "s"],
                ["Date", "Tue, 24 Nov 2026 04:55:54 +0000"], ["Message-ID", message.messageID], ["X-Mailer", "bgdemo"],
                ["MIME-Version", "1.0"], ["Content-Type", "text/plain; charset=\"utf-8\""],
                ["Content-Transfer-Encoding", "quoted-printable"],
            ])
        let literal = MIMEMessage(email, from: try Address("me@[192.0.2.1]"), date: date)
        #expect(literal.messageID == "<\(email.id)@bgdemo.invalid>")
    }

    @Test("A local part beyond ASCII stands unencoded in the header, for SMTPUTF8")
    func international() throws {
        let email = try Email(to: "用户@例え.テスト", subject: "s", text: "t")
        let message = MIMEMessage(email, from: try Address("me@example.org"))
        #expect(String(decoding: message.bytes, as: UTF8.self).contains("\r\nTo: <用户@xn--r8jz45g.xn--zckzah>\r\n"))
    }

    private func check(_ emails: [Email]) async throws {
        let from = try Address("me@example.org")
        let messages = emails.map { MIMEMessage($0, from: from).bytes }
        for message in messages { Self.checkLines(message) }
        let readings = try await PythonMailParser.read(messages)
        #expect(readings.count == emails.count)
        for (email, reading) in zip(emails, readings) {
            #expect(reading.defects == [], "\(email)")
            #expect(reading.subject.utf8.elementsEqual(email.subject.utf8), "\(reading.subject) for \(email.subject)")
            #expect(reading.to == "a@b.example")
            let expected = Self.canonical(email.text)
            #expect(reading.text == expected, "\(String(decoding: reading.text, as: UTF8.self)) for \(email.text)")
        }
    }

    /// What every server must carry: 7 bits, CRLF and no other line end, rows of 78 columns at most.
    private static func checkLines(_ message: [UInt8]) {
        #expect(message.suffix(2) == [0x0d, 0x0a])
        #expect(message.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || [0x09, 0x0a, 0x0d].contains($0)) })
        var column = 0
        var longest = 0
        var previous: UInt8 = 0
        var isLoose = false
        for byte in message {
            if (byte == 0x0a) != (previous == 0x0d) { isLoose = true }
            column = byte == 0x0a ? 0 : column + 1
            // The CR is not of the line.
            longest = max(longest, byte == 0x0d ? 0 : column)
            previous = byte
        }
        #expect(!isLoose)
        #expect(longest <= 78)
    }

    /// CRLF, CR and LF alike are line ends.
    private static func canonical(_ text: String) -> [UInt8] {
        var text = text
        for (end, other) in [("\r\n", "\n"), ("\r", "\n"), ("\n", "\r\n")] {
            // Literal: to a `Character` CR LF is one.
            text = text.replacingOccurrences(of: end, with: other, options: .literal)
        }
        return Array(text.utf8)
    }
}
