import BgdemoFoundations
import Foundation
import BgdemoEmail
import BgdemoFoundations
import BgdemoTestSupport
import Testing

@testable import BgdemoSMTPInbox

@Suite("The header and text of a caught mail")
struct MIMEPartTests {
    private func caught(_ raw: [UInt8]) -> CaughtMail {
        CaughtMail(
            id: 1, receivedAt: .now, sender: "", recipients: [], raw: raw, connection: 1, usedTLS: false, user: nil)
    }

    private func caught(_ raw: String) -> CaughtMail { caught(Array(raw.utf8)) }

    @Test("Of a header that never ends only its beginning is looked at")
    func endlessHeader() {
        for line in ["", "Subject: "] {
            let bytes = Array((line + String(repeating: "a", count: 5_000_000)).utf8)
            let part = MIMEPart(bytes[...])
            #expect(part.headerText.utf8.count <= 256 << 10)
            #expect((part.field("Subject")?.count ?? 0) <= 256 << 10)
        }
    }

    @Test("Encoded words in many charsets by turns are decoded in linear time", .timeLimit(.minutes(1)))
    func manyCharsets() {
        let start = ContinuousClock.now
        let words = "=?iso-8859-2?q?=B1?= =?koi8-r?q?=C1?= =?shift_jis?q?=82=A0?= =?utf-16be?q?=00a?= "
        let text = EncodedWordDecoder.decode(Array(String(repeating: words, count: 15_000).utf8))
        #expect(text.hasPrefix("ąаあaąаあa") && text.unicodeScalars.count == 60_001)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test(
        "Headers: encoded words, folding, and texts that only look like them",
        arguments: [
            ("plain", "plain"), ("  blanks \t", "blanks"), ("", ""),
            ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"), ("=?UTF-8?q?Gr=C3=BC=C3=9Fe_ok?=", "Grüße ok"),
            ("=?iso-8859-1?Q?Gr=FC=DFe?=", "Grüße"), ("=?utf-8*de?Q?a?=", "a"),
            ("a =?utf-8?Q?b?= c", "a b c"), ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
            // One character in two words, and two charsets.
            ("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"), ("=?utf-8?Q?=C3=BC?= =?latin1?Q?=FC?=", "üü"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="), ("=?utf-8?Q?a b?=", "a b"), ("=?utf-8?Q?a", "=?utf-8?Q?a"),
            ("=?", "=?"), ("=?=?utf-8?Q?a?=", "=?a"), ("=?utf-8?Q??=", ""), ("one\r\n two", "one two"),
            ("=?utf-8?Q?=ZZ=?=", "=ZZ="), ("=?utf-8?B?!!!?=", ""), ("=?utf-8?Q?=FF?=", "\u{fffd}"),
        ])
    func headers(_ value: String, _ subject: String) {
        #expect(caught("X: y\r\nSubject:\(value)\r\nTo: z\r\n\r\n").subject == subject)
    }

    @Test("Headers: the first of a name, in any case, or none")
    func names() {
        let mail = caught("SUBJECT: one\r\nSubject: two\r\nMessage-Id: <1@x>\r\nFrom : spaced\r\n\r\nTo: body\r\n")
        #expect(mail.subject == "one" && mail.messageID == "<1@x>" && mail.to == "" && mail.from == "")
        #expect(mail.header("Subject-Line") == nil && mail.header("Sub") == nil)
        #expect(caught("").subject == "" && caught("\r\n").messageID == nil && caught("Subject").subject == "")
        #expect(caught(" leading fold\r\nSubject: x\r\n").subject == "x")
    }

    @Test(
        "Bodies: quoted-printable, base64, charsets",
        arguments: [
            ("", "", "a\r\nb"), ("8bit", "", "ä\r\n"), ("quoted-printable", "a=\r\nb =\r\n c=3D=C3=BC", "ab  c=ü"),
            ("Quoted-Printable", "a  \r\nb\t\r\n=20\r\n", "a\r\nb\r\n \r\n"), ("quoted-printable", "=\r\n=", ""),
            ("quoted-printable", "=4\r\n=G1\r\n=e9", "=4\r\n=G1\r\n\u{fffd}"), ("quoted-printable", "a=0D=0A", "a\r\n"),
            ("base64", "YQ==\r\n", "a"), ("base64", "YW\r\nJj\r\nZA", "abcd"), ("BASE64", "Y!Q", "a"),
            ("base64", "Y", ""),
        ])
    func bodies(_ encoding: String, _ encoded: String, _ text: String) {
        let body = encoded.isEmpty && !encoding.hasPrefix("q") ? text : encoded
        let header = encoding.isEmpty ? "Subject: x" : "Content-Transfer-Encoding: \(encoding)"
        #expect(caught("\(header)\r\n\r\n\(body)").text == text)
    }

    @Test("Bodies: the first plain text of several parts, however deep")
    func parts() {
        let mail = caught(
            """
            Content-Type: multipart/mixed; boundary="out; er"\r
            \r
            preamble\r
            --out; er\r
            Content-Type: multipart/alternative; boundary=inner\r
            \r
            --inner\r
            Content-Type: text/html\r
            \r
            <p>no</p>\r
            --inner\r
            Content-Type: text/plain; charset=iso-8859-1\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            Gr=FC=DFe\r
            \r
            --inner--\r
            --out; er--\r

            """)
        #expect(mail.text == "Grüße\r\n")
        #expect(caught("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nopen").text == "open")
        #expect(caught("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x--").text == "--x\r\n--x--")
        #expect(caught("Content-Type: text/html\r\n\r\n<p>").text == "<p>")
        let nested = String(repeating: "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", count: 5_000)
        #expect(caught(nested).text.isEmpty == false)
    }

    /// Each is the mail that its comment names.
    private static let charsets: [(type: String, encoding: String, body: String, text: String)] = [
        ("iso-8859-15", "quoted-printable", "=A4 5", "€ 5"),
        ("\"ISO-8859-2\"", "quoted-printable", "P=F8=EDli=B9", "Příliš"),
        ("windows-1252", "quoted-printable", "=93smart=94 =80", "“smart” €"),
        // What is called ISO-8859-1 is Windows-1252.
        ("iso-8859-1", "quoted-printable", "=93a=94", "“a”"), ("koi8-r", "base64", "8NLJ18XU", "Привет"),
        ("iso-2022-jp", "7bit", "\u{1b}$B%F%9%H\u{1b}(B", "テスト"), ("shift_jis", "base64", "g2WDWINn", "テスト"),
        ("gb18030", "base64", "xOO6ww==", "你好"), ("euc-kr", "base64", "vsiz5w==", "안녕"),
        ("utf-16be", "base64", "AGEgrA==", "a€"), ("x-unknown", "8bit", "é", "é"),
        ("utf-8", "quoted-printable", "a=FFb", "a\u{fffd}b"), ("windows-1252//TRANSLIT", "8bit", "é", "é"),
    ]

    @Test("Bodies: the charsets of real mails", arguments: charsets)
    func charset(_ type: String, _ encoding: String, _ body: String, _ text: String) {
        let mail = caught(
            "Content-Type: text/plain; charset=\(type)\r\nContent-Transfer-Encoding: \(encoding)\r\n\r\n\(body)")
        #expect(mail.text == text)
    }

    @Test("Bodies: an attachment is not the text; HTML is the text if there is no other")
    func attachments() {
        let html = "Content-Type: text/html\r\n\r\n<p>a</p>\r\n"
        let file = "Content-Type: text/plain\r\nContent-Disposition: ATTACHMENT; filename=log.txt\r\n\r\nlog\r\n"
        let head = "Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n"
        #expect(caught(head + html + "--q\r\n" + file + "--q--\r\n").text == "<p>a</p>")
        #expect(caught(head + file + "--q\r\n" + html + "--q--\r\n").text == "<p>a</p>")
        #expect(caught(head.replacing("mixed", with: "alternative") + html + "--q--\r\n").text == "<p>a</p>")
    }

    @Test(
        "Parameters: continued, encoded, quoted (RFC 2231)",
        arguments: [
            "boundary*0=\"ab\"; boundary*1=\"cd\"", "boundary*=us-ascii'en'a%62cd",
            "boundary=\"a\\bcd\"; x=\"; boundary=no\"",
            "boundary*1=cd; boundary*0*=''a%62", "BOUNDARY=abcd", "x=1;;;=; boundary = abcd",
        ])
    func parameters(_ parameters: String) {
        let body = "--abcd\r\nContent-Type: text/plain\r\n\r\nhello\r\n--abcd--\r\n"
        #expect(caught("Content-Type: multipart/mixed; \(parameters)\r\n\r\n\(body)").text == "hello")
    }

    @Test("Headers: encoded words that are too long, and their charsets")
    func words() {
        let long = String(repeating: "Grüße ", count: 200)
        #expect(caught("Subject: =?utf-8?B?\(Base64.encode(Array(long.utf8)))?=\r\n\r\n").subject == long)
        for (word, text) in [
            ("=?iso-8859-15?Q?=A4_5?=", "€ 5"), ("=?shift_jis?B?g2WDWINn?=", "テスト"),
            ("=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=", "テスト"), ("=?windows-1252?Q?=93q=94_=80?=", "“q” €"),
            ("=?utf-8?Q?Gr=C3=BC=C3=9Fe an alle?=", "Grüße an alle"),
        ] {
            #expect(caught("Subject: \(word)\r\n\r\n").subject == text)
        }
    }

    /// Marks whose order `String` sorts before it compares, which takes the square of their number.
    @Test("Texts that are slow to compare take no longer than others of their length")
    func marks() {
        let clock = ContinuousClock()
        func time(_ count: Int) -> Duration {
            let marks = String(repeating: "\u{301}\u{323}", count: count)
            let mail = caught(
                "Subject: =?\(marks)?Q?a?=\r\nContent-Type: a\(marks)/b; charset=a\(marks); boundary\(marks)=a\(marks)\r\n"
                    + "Content-Transfer-Encoding: a\(marks)\r\nContent-Disposition: a\(marks)\r\n\r\ntext")
            return clock.measure { _ = (mail.subject, mail.text, mail.header("Content-Type")) }
        }
        // 300 KB of marks took minutes.
        #expect(time(12_000) < .seconds(5))
    }

    @Test("The reader reads what MIMEMessage writes", arguments: 0..<40)
    func roundTrip(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let alphabet: [Character] = ["a", " ", "=", "?", "_", ".", "ü", "✉", "🎉", "\t", "\n", "\"", "<", "é"]
        func words(_ count: Int, _ banned: Set<Character>) -> String {
            String(
                (0..<count).map { _ in alphabet.filter { !banned.contains($0) }.randomElement(using: &random) ?? "a" })
        }
        let email = try Email(
            to: "c@d.example", subject: "s" + words(Int.random(in: 0...150, using: &random), ["\t", "\n"]),
            text: "t" + words(Int.random(in: 0...2_000, using: &random), []))
        let message = MIMEMessage(email, from: try Address("a@b.example"))
        let mail = caught(message.bytes)
        #expect(mail.subject == email.subject)
        #expect(mail.text == email.text.replacing("\n", with: "\r\n"))
        #expect(mail.messageID == message.messageID)
    }

    @Test("Every broken mail can be shown")
    func noise() {
        var random = SeededRandom(seed: 9)
        let words = [
            "Content-Type: multipart/mixed; boundary=", "Content-Transfer-Encoding: ", "base64", "quoted-printable",
            "x", "\r\n", "\r\n\r\n", "--x", "--", "=?utf-8?", "B?", "?=", "=", "\n", "\r", ";", ":", "\"",
        ]
        for _ in 0..<3_000 {
            let raw = (0..<30).flatMap { _ in
                Array((words.randomElement(using: &random) ?? "").utf8) + [.random(in: 0...255, using: &random)]
            }
            let mail = caught(raw)
            _ = (mail.subject, mail.text, mail.messageID, mail.key)
        }
    }
}
