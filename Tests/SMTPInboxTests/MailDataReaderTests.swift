import BgdemoFoundations
import NIOCore
import BgdemoTestSupport
import Testing

@testable import BgdemoSMTPInbox

/// The bytes after DATA, and the mail they are; nil where they are no whole mail.
private let texts: [(String, String?)] = [
    (".\r\n", ""),
    ("\r\n.\r\n", "\r\n"),
    ("a\r\n.\r\n", "a\r\n"),
    ("..\r\n.\r\n", ".\r\n"),
    ("...\r\n.\r\n", "..\r\n"),
    (".a\r\n.\r\n", "a\r\n"),
    ("a\r\n..b\r\n.\r\n", "a\r\n.b\r\n"),
    ("a.\r\n.\r\n", "a.\r\n"),
    ("a\r\n. \r\n.\r\n", "a\r\n \r\n"),
    // What other servers took for the end, to the joy of smugglers.
    ("a\n.\n", nil),
    ("a\n.\r\n", nil),
    ("a\r.\r", nil),
    ("a\r\n.\n", nil),
    ("a\r\n.\r", nil),
    ("a\r.\r\n", nil),
    ("a\0\r\n.", nil),
    ("a\n.\n\r\n.\r\n", "a\n.\n\r\n"),
    ("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"),
    ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"),
    ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"),
    ("a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n"),
    ("a\r\r\n.\r\n", "a\r\r\n"),
    ("\r\r.\r\n\r\n.\r\n", "\r\r.\r\n\r\n"),
    ("a\r\n\r.\r\n\r\n.\r\n", "a\r\n\r.\r\n\r\n"),
]

@Suite("The text of a mail")
struct MailDataReaderTests {
    @Test("DATA ends at CR LF dot CR LF only, wherever it is cut", arguments: texts)
    func ends(_ sent: String, _ mail: String?) {
        let bytes = Array(sent.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var reader = MailDataReader(limit: 1000)
                var isWhole = false
                for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] where !piece.isEmpty {
                    guard !isWhole else { return #expect(Bool(false), "it ended early") }
                    var input = ByteBuffer(bytes: piece)
                    isWhole = reader.read(&input)
                    #expect(input.readableBytes == 0)
                }
                #expect(isWhole == (mail != nil))
                if let mail { #expect(reader.text == Array(mail.utf8)) }
            }
        }
    }

    @Test("Bytes after the end of DATA are kept for the next command")
    func rest() {
        var reader = MailDataReader(limit: 1000)
        var input = ByteBuffer(string: "a\r\n.\r\nMAIL")
        let isWhole = reader.read(&input)
        #expect(isWhole)
        #expect(String(buffer: input) == "MAIL")
    }

    @Test("DATA is read back from any dot-stuffing and any cuts")
    func roundTrip() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            let body: [UInt8] = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                [0x0d, 0x0a, 0x2e, 0x61].randomElement(using: &random) ?? 0x61
            }
            let mail: [UInt8] = body + [0x0d, 0x0a]
            var sent: [UInt8] = mail.first == 0x2e ? [0x2e] : []
            for (place, byte) in mail.enumerated() {
                sent.append(byte)
                let endsLine = byte == 0x0a && place > 0 && mail[place - 1] == 0x0d
                if endsLine, place + 1 < mail.count, mail[place + 1] == 0x2e { sent.append(0x2e) }
            }
            sent += Array(".\r\n".utf8)
            var reader = MailDataReader(limit: 1000)
            while !sent.isEmpty {
                let size = Int.random(in: 1...sent.count, using: &random)
                var input = ByteBuffer(bytes: sent.prefix(size))
                sent.removeFirst(size)
                let isWhole = reader.read(&input)
                #expect(isWhole == sent.isEmpty)
            }
            #expect(reader.text == mail)
        }
    }

    @Test("DATA past the limit is dropped, and its end is found")
    func limit() {
        var reader = MailDataReader(limit: 4)
        var input = ByteBuffer(string: "abcd\r\n.\r\nNOOP")
        let isWhole = reader.read(&input)
        #expect(isWhole)
        #expect(reader.refusal == .tooLong && reader.text.isEmpty)
        #expect(String(buffer: input) == "NOOP")
    }
}
