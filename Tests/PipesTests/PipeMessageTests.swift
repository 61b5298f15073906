import BgdemoEmail
import BgdemoFoundations
import NIOCore
import BgdemoPipes
import Testing

@Suite("Messages between the processes")
struct PipeMessageTests {
    private static let id = EmailID()

    private static let messages: [PipeMessage] = [
        .ready(version: 1), .sent(id), .credit(Credit(mails: 4096, bytes: 1 << 25)), .taken(12),
        .refused(3, "full: \"/\""),
        .metrics("# TYPE a counter\na{b=\"c\"} 1\n"), .log("2026 info [web server @ 1] \u{1} \\ é \u{1F4E7}"), .ping,
        .pong, .stop,
        .failed(id, .temporary(SMTPFailure(.rcpt, code: 450, "450 later\tperhaps"))),
        .failed(id, .permanent(SMTPFailure(.text, "too large"))), .failed(id, .unknown(SMTPFailure(.dot, "cut"))),
    ]

    @Test("Messages are read back as they were written, each as one line", arguments: messages)
    func roundTrip(_ message: PipeMessage) {
        var bytes = ByteBuffer()
        message.write(into: &bytes)
        #expect(bytes.readableBytesView.last == UInt8(ascii: "\n"))
        let line = bytes.getSlice(at: 0, length: bytes.readableBytes - 1) ?? ByteBuffer()
        #expect(!line.readableBytesView.contains(UInt8(ascii: "\n")))
        #expect(PipeMessage(line) == message)
    }

    @Test(
        "Garbled lines are no messages",
        arguments: [
            "", " ", "{", "{}", "null", "[1]", "{\"stop\"}", "{\"stop\":}", "{\"stop\":1", "{\"stop\":1}x",
            "{\"stop\":\"1\"}",
            "{\"hello\":1}", "{\"sent\":\"short\"}", "{\"sent\":7}", "{\"taken\":0}", "{\"taken\":-1}", "{\"room\":1}",
            "{\"room\":-1,\"bytes\":1}", "{\"taken\":99999999999999999999}", "{\"log\":\"\\q\"}", "{\"log\":\"\\u12\"}",
            "{\"log\":\"\\ud800\"}", "{\"log\":\"\\ud800\\u0041\"}", "{\"log\":\"open",
            "{\"mail\":\"01\",\"to\":\"a@b.example\"}",
            "{\"mail\":\"01arz3ndektsv4rrffq69g5fav\",\"to\":\"a@b.exa", "{\"stop\":--1}", "{\"log\":\"a\" \"b\":1}",
        ])
    func garbled(_ line: String) {
        #expect(PipeMessage(ByteBuffer(string: line)) == nil)
    }

    @Test("A mail is forwarded byte for byte")
    func mail() throws {
        let email = try Email(to: "you@example.org", subject: "a \"quoted\" \\ subject", text: "text")
        let line = ByteBuffer(string: MailLine.text(of: email))
        #expect(PipeMessage(line) == .mail(MailLine(email.id, line)))
        var bytes = ByteBuffer()
        PipeMessage.mail(MailLine(email.id, line)).write(into: &bytes)
        #expect(bytes.readSlice(length: line.readableBytes) == line)
        #expect(bytes.readableBytes == 1)
    }

    @Test("Changed bytes make another message or none, and never end the process")
    func changed() {
        var random = SeededRandom(seed: 1)
        for message in Self.messages {
            var bytes = ByteBuffer()
            message.write(into: &bytes)
            let line = Array(bytes.readableBytesView.dropLast())
            for _ in 0..<2000 {
                var changed = line
                for _ in 0...Int.random(in: 0..<4, using: &random) {
                    let place = Int.random(in: changed.indices, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: changed[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: changed.insert(contentsOf: "99999999999999999999".utf8, at: place)
                    default: if changed.count > 1 { changed.remove(at: place) }
                    }
                }
                let buffer = ByteBuffer(bytes: changed)
                _ = PipeMessage(buffer)
                _ = try? MailLine(buffer)?.email()
            }
        }
    }

    @Test("A message that is no UTF-8 is garbled")
    func noUTF8() {
        #expect(PipeMessage(ByteBuffer(bytes: Array("{\"log\":\"".utf8) + [0xff, 0xfe] + Array("\"}".utf8))) == nil)
    }
}
