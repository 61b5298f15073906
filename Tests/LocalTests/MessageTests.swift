import Mail
import NIOCore
import Testing

@testable import Local

@Suite("Messages between the processes")
struct MessageTests {
    private static let id = EmailID()

    private static let messages: [PipeMessage] = [
        .ready(version: 1), .sent(id), .room(Room(mails: 4096, bytes: 1 << 25)), .taken(12), .refused(3, "full: \"/\""),
        .metrics("# TYPE a counter\na{b=\"c\"} 1\n"), .log("2026 info [web server @ 1] \u{1} \\ é \u{1F4E7}"), .ping,
        .pong, .stop,
        .failed(id, .temporary(Failure(.rcpt, code: 450, "450 later\tperhaps"))),
        .failed(id, .permanent(Failure(.text, "too large"))), .failed(id, .unknown(Failure(.dot, "cut"))),
    ]

    @Test("come back as they went, each as one line", arguments: messages)
    func roundTrip(_ message: PipeMessage) {
        var bytes = ByteBuffer()
        message.write(into: &bytes)
        #expect(bytes.readableBytesView.last == UInt8(ascii: "\n"))
        let line = bytes.getSlice(at: 0, length: bytes.readableBytes - 1) ?? ByteBuffer()
        #expect(!line.readableBytesView.contains(UInt8(ascii: "\n")))
        #expect(PipeMessage(line) == message)
    }

    @Test("A mail goes on byte by byte, and can be read where it is sent")
    func mail() throws {
        let text = "\u{FEFF}Zeile eins\r\n\tzwei \"\\\" / \u{2028} 📧\nend"
        let email = try Email(to: "you@example.org", subject: "a \"quoted\" \\ subject", text: text)
        let line = ByteBuffer(string: PipeMessage.line(email))
        guard case .mail(let id, let same)? = PipeMessage(line) else {
            Issue.record("no mail")
            return
        }
        #expect(id == email.id)
        #expect(same == line)
        #expect(try PipeMessage.email(line) == email)
    }

    @Test("The longest mail fits into the longest line")
    func longest() throws {
        let email = try Email(to: "a@b.example", subject: "s", text: String(repeating: "\"", count: 1 << 20))
        let line = ByteBuffer(string: PipeMessage.line(email))
        #expect(line.readableBytes < PipeMessage.longest)
        #expect(try PipeMessage.email(line) == email)
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

    @Test("A message that is no UTF-8 is garbled")
    func noUTF8() {
        #expect(PipeMessage(ByteBuffer(bytes: Array("{\"log\":\"".utf8) + [0xff, 0xfe] + Array("\"}".utf8))) == nil)
    }

    @Test("A mail that no door would let in is refused where it is sent as well")
    func hostile() {
        let id = "01arz3ndektsv4rrffq69g5fav"
        for fields in [
            #""to":"a@b.example,c@d.example","subject":"s","text":"t""#,
            #""to":"a@b.example","subject":"s\r\nBcc: x","text":"t""#,
            #""to":"a@b.example","subject":"s""#, #""to":1,"subject":"s","text":"t""#,
        ] {
            #expect(throws: InvalidEmail.self) {
                try PipeMessage.email(ByteBuffer(string: "{\"mail\":\"\(id)\",\(fields)}"))
            }
        }
    }
}

@Suite("Lines out of a pipe")
struct LineReaderTests {
    @Test("come whole, however the bytes are cut", arguments: [1, 2, 3, 5, 100])
    func pieces(_ size: Int) {
        var reader = LineReader(limit: 100)
        var lines: [LineReader.Line] = []
        let bytes = Array("one\n\ntwo two\nthr".utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let line = reader.next() { lines.append(line) }
        }
        #expect(lines == ["one", "", "two two"].map { .whole(ByteBuffer(string: $0)) })
        #expect(reader.rest == 3)
    }

    @Test("What is too long is passed over, and not kept", arguments: [1, 7, 10_000])
    func tooLong(_ size: Int) {
        var reader = LineReader(limit: 10)
        var lines: [LineReader.Line] = []
        let bytes = Array((String(repeating: "x", count: 5000) + "\n0123456789\n0123456789a\nok\n").utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let line = reader.next() { lines.append(line) }
        }
        #expect(
            lines == [
                .tooLong(5000), .whole(ByteBuffer(string: "0123456789")), .tooLong(11),
                .whole(ByteBuffer(string: "ok")),
            ])
    }
}
