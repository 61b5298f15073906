import BgdemoFoundations
import Testing

@Suite struct PrintableTests {
    @Test(
        "What moves a cursor, turns words or can't be seen is shown as an escape",
        arguments: [
            ("plain \"text\" \\ é 漢 👋", "plain \"text\" \\ é 漢 👋"),
            ("\u{1b}[31mred\u{7}", "\\u001b[31mred\\u0007"),
            ("a\r\nb\tc\0", "a\\r\\nb\\tc\\u0000"),
            ("\u{7f}\u{9b}31m\u{85}", "\\u007f\\u009b31m\\u0085"),
            ("a\u{202e}b\u{2066}c\u{200f}", "a\\u202eb\\u2066c\\u200f"),
            ("a\u{2028}b\u{2029}", "a\\u2028b\\u2029"),
            ("a\u{200b}b\u{feff}c\u{200d}\u{ad}\u{34f}", "a\\u200bb\\ufeffc\\u200d\\u00ad\\u034f"),
            ("\u{e0041}", "\\u{e0041}"),
            ("", ""),
        ])
    func escapes(_ text: String, _ shown: String) {
        #expect(printable(text) == shown)
        #expect(printable(Array(text.utf8)) == shown)
        #expect(printable(Substring(text)) == shown)
    }

    @Test("An invalid byte is shown by its number, and what follows it is read on")
    func invalid() {
        #expect(printable([0x61, 0x9b, 0x62, 0xc3, 0xa4, 0xff] as [UInt8]) == "a\\x9bbä\\xff")
        #expect(printable([0xe2, 0x82] as [UInt8]) == "\\xe2\\x82")
        #expect(printable([0xed, 0xa0, 0x80] as [UInt8]) == "\\xed\\xa0\\x80")
    }

    @Test("A limit is kept, and what is cut shows it")
    func limit() {
        #expect(printable("abcdef", limit: 3) == "abc…")
        #expect(printable("abc", limit: 3) == "abc")
        #expect(printable("äöü", limit: 2) == "äö…")
        #expect(printable("äöü", limit: 3) == "äöü")
        #expect(printable([0xff, 0xff, 0xff] as [UInt8], limit: 2) == "\\xff\\xff…")
        #expect(printable([UInt8](repeating: 0x61, count: 9), limit: 2) == "aa…")
    }

    @Test("No scalar of Unicode gets a control character, a mark of direction or a line separator out")
    func everyScalar() {
        for value in (0...0x10ffff as ClosedRange<UInt32>) {
            guard let scalar = Unicode.Scalar(value), scalar.isUnprintable else { continue }
            let shown = printable(String(scalar))
            #expect(shown.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && shown.utf8.count > 1, "\(value)")
        }
    }
}
