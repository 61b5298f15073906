import BgdemoFoundations
import Testing

@Suite struct HTMLEscapingTests {
    @Test("HTML has no markup and nothing invisible from outside, and joiners stay")
    func html() {
        #expect(HTMLEscaping.escape("<a href=\"x\">'&\r\n\t") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\n\t")
        #expect(HTMLEscaping.escape("a\u{202e}b") { "[\($0)]" } == "a[U+202E]b")
        #expect(HTMLEscaping.escape("\u{1b}\u{9b}") == "U+1BU+9B")
        #expect(HTMLEscaping.escape("👨\u{200d}👩\u{200d}👧") == "👨\u{200d}👩\u{200d}👧")
    }
}
