import BgdemoFoundations
import Testing

@Suite struct ByteStringTests {
    @Test("Equality is equality of bytes, not canonical equivalence")
    func equality() {
        #expect(ByteString("é") != ByteString("e\u{301}"))
        #expect("é" == "e\u{301}")
        #expect(ByteString([0xff, 0x00]) == ByteString([0xff, 0x00]))
        #expect(Set([ByteString("é"), ByteString("e\u{301}"), ByteString("é")]).count == 2)
        #expect(!"é".hasSameBytes(as: "e\u{301}"))
        #expect("é".hasSameBytes(as: Substring("é")))
    }

    @Test("Parts of every length and script are joined as they are")
    func joining() {
        let long = String(repeating: "é", count: 1000)
        #expect(
            String(joining: "", "a", "", long, "\u{1f600}", "fifteen letters").utf8.elementsEqual(
                "a\(long)\u{1f600}fifteen letters".utf8))
        #expect(String(joining: "", "").isEmpty)
        #expect(String(joining: "e", "\u{301}").utf8.elementsEqual([0x65, 0xcc, 0x81]))
    }

    @Test("Printable ASCII is a blank to a tilde")
    func printableASCII() {
        for byte in UInt8.min...127 {
            let text = "0123456789abcdefghijklmnopqrstuvwxyz" + String(Unicode.Scalar(byte)) + "9"
            #expect(text.isPrintableASCII == (0x20...0x7e).contains(byte))
        }
        #expect(!"0123456789abcdefé".isPrintableASCII && "".isPrintableASCII)
    }

    @Test("Digits of Crockford's base 32 have their values in either case")
    func crockford() {
        let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        for byte in UInt8.min ... .max {
            #expect(byte.crockfordDigitValue.map(Int.init) == digits.firstIndex(of: byte.asciiLowercased))
        }
    }

    @Test("Order is that of the bytes")
    func order() {
        #expect([ByteString([0xff]), "b", "a", "ab", ""].sorted() == ["", "a", "ab", "b", ByteString([0xff])])
    }

    @Test(
        "Prefixes, suffixes and parts are found where the bytes stand",
        arguments: [
            ("abcabd", "abd", 3..<6), ("aaab", "aab", 1..<4), ("abc", "", 0..<0), ("abc", "abcd", nil), ("", "a", nil),
        ] as [(ByteString, ByteString, Range<Int>?)])
    func search(_ text: ByteString, _ part: ByteString, _ range: Range<Int>?) {
        #expect(text.firstRange(of: part) == range)
        #expect(text.contains(part) == (range != nil))
        #expect(text.text.containsBytes(of: part.text) == (range != nil))
        #expect(text.hasPrefix(part) == (range?.lowerBound == 0))
        #expect(text.text.hasBytePrefix(part.text) == text.hasPrefix(part))
        let isSuffix = part.isEmpty || range?.upperBound == text.count
        #expect(text.hasSuffix(part) == isSuffix)
        #expect(text.text.hasByteSuffix(part.text) == isSuffix)
    }

    @Test("A combining mark does not hide the letter before it")
    func combiningMark() {
        #expect("a\u{301}b".hasBytePrefix("a"))
        #expect(!"a\u{301}b".hasPrefix("a"))
        #expect("x/\u{301}".containsBytes(of: "/"))
    }

    @Test("Only A to Z have another case: not the KELVIN SIGN")
    func caseFolding() {
        #expect("\u{212a}ELVIN É".asciiLowercased() == "\u{212a}elvin É")
        #expect(ByteString("AbZ[@").asciiLowercased() == "abz[@")
        #expect(!"\u{212a}".equalsIgnoringASCIICase("k"))
        #expect("Content-TYPE".equalsIgnoringASCIICase("content-type"))
        #expect(!ByteString("ab").equalsIgnoringASCIICase("abc"))
    }

    @Test("A literal is a pattern")
    func pattern() {
        func kind(_ name: ByteString) -> Int {
            switch name {
            case "class": 1
            case "a": 2
            case "é": 3
            case "": 4
            default: 5
            }
        }
        #expect(["class", "a", ByteString("é"), "", "classes", "e\u{301}"].map(kind) == [1, 2, 3, 4, 5, 5])
    }

    @Test("Text is valid UTF-8 or repaired")
    func text() {
        #expect(ByteString([0x61, 0xff]).text == "a\u{fffd}")
        #expect(ByteString([0x61, 0xff]).validText == nil)
        #expect(ByteString("ä").validText == "ä")
        #expect("\(ByteString([0x1b, 0x9b]))" == "\\u001b\\x9b")
    }

    @Test("Blanks and tabs are taken off both ends")
    func trimming() {
        #expect([" \ta b\t ", "", "  ", "x"].map { $0.trimmingBlanks() } == ["a b", "", "", "x"])
        #expect("\u{a0}x".trimmingBlanks() == "\u{a0}x")
    }

    @Test("A text with more than 30 marks in a row is not stream-safe")
    func streamSafe() {
        #expect(String(repeating: "é", count: 1000).isStreamSafe)
        #expect(("a" + String(repeating: "\u{301}", count: 30)).isStreamSafe)
        #expect(!("a" + String(repeating: "\u{301}\u{323}", count: 16)).isStreamSafe)
    }
}
