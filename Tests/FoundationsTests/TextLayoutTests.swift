import BgdemoFoundations
import Testing

struct TextLayoutTests {
    @Test("The widest columns give way, and none below its least")
    func widths() {
        #expect(TextLayout.widths([10, 20], least: [8, 8], within: 40) == [10, 20])
        #expect(TextLayout.widths([10, 20], least: [8, 8], within: 30) == [10, 18])
        #expect(TextLayout.widths([10, 20], least: [8, 8], within: 20) == [9, 9])
        #expect(TextLayout.widths([10, 20], least: [8, 8], within: 1) == [8, 8])
        #expect(TextLayout.widths([], least: [], within: 10) == [])
    }

    @Test("Text is cut with a sign that it is")
    func cut() {
        #expect(TextLayout.cut("hello", to: 5) == "hello")
        #expect(TextLayout.cut("hello", to: 4) == "hel…")
        #expect(TextLayout.cut("hello", to: 0) == "…")
    }

    @Test("Lines end between words, and where they ended before")
    func wrapped() {
        #expect(TextLayout.wrapped("one two three\nfour", to: 7) == "one two\nthree\nfour")
        #expect(TextLayout.wrapped("a-very-long-word x", to: 5) == "a-very-long-word\nx")
        #expect(TextLayout.wrapped("", to: 5) == "")
    }
}

extension TextLayoutTests {
    @Test("A number is told with what it counts", arguments: [(0, "0 mails"), (1, "1 mail"), (2, "2 mails")])
    func counted(count: Int, text: String) {
        #expect(count.counted("mail") == text)
    }
}
