import BgdemoEmail
import NIOCore
import BgdemoPipes
import Testing

@Suite("A mail as a line")
struct MailLineTests {
    @Test("A mail's line is readable")
    func roundTrip() throws {
        let text = "\u{FEFF}Zeile eins\r\n\tzwei \"\\\" / \u{2028} 📧\nend"
        let email = try Email(to: "you@example.org", subject: "a \"quoted\" \\ subject", text: text)
        let line = ByteBuffer(string: MailLine.text(of: email))
        let mail = try #require(MailLine(line))
        #expect(mail.id == email.id)
        #expect(mail.bytes == line)
        #expect(try mail.email() == email)
    }

    @Test("The longest mail fits into the longest line")
    func longest() throws {
        let email = try Email(to: "a@b.example", subject: "s", text: String(repeating: "\"", count: 1 << 20))
        let line = ByteBuffer(string: MailLine.text(of: email))
        #expect(line.readableBytes < LineReader.longest)
        #expect(try MailLine(line)?.email() == email)
    }

    @Test("A mail that the web server would refuse is refused by the worker too")
    func hostile() throws {
        let id = "01arz3ndektsv4rrffq69g5fav"
        for fields in [
            #""to":"a@b.example,c@d.example","subject":"s","text":"t""#,
            #""to":"a@b.example","subject":"s\r\nBcc: x","text":"t""#,
            #""to":"a@b.example","subject":"s""#, #""to":1,"subject":"s","text":"t""#,
        ] {
            let mail = try #require(MailLine(ByteBuffer(string: "{\"mail\":\"\(id)\",\(fields)}")))
            #expect(throws: InvalidEmail.self) { try mail.email() }
        }
    }

    @Test("A small mail does not keep the large read that brought it")
    func memory() {
        var read = ByteBuffer(repeating: 0, count: 1 << 16)
        let line = read.readSlice(length: 100) ?? ByteBuffer()
        #expect(MailLine(EmailID(), line).alone.bytes.storageCapacity < 1 << 10)
    }
}
