import Foundation
import Testing

@testable import BgdemoWeb

@Suite struct TemplateTests {
    private func render(_ text: String, _ values: TemplateValues) throws -> String {
        try Template(text).render(values).markup
    }

    @Test("Values are escaped in text and in attributes")
    func escaping() throws {
        let html = try render("<a title=\"{{v}}\">{{v}}</a>", ["v": "<b \"'&\u{202e}"])
        #expect(
            html
                == "<a title=\"&lt;b &quot;&#39;&amp;U+202E\">&lt;b &quot;&#39;&amp;<mark>U+202E</mark></a>")
    }

    @Test("Sections repeat, show and hide")
    func sections() throws {
        let values: TemplateValues = [
            "rows": .list([["n": "1"], ["n": "2"]]), "yes": true, "no": false, "name": "x", "none": .none,
        ]
        #expect(try render("{{#rows}}{{n}}{{name}},{{/rows}}", values) == "1x,2x,")
        #expect(try render("{{#yes}}a{{/yes}}{{#no}}b{{/no}}{{^no}}c{{/no}}{{^rows}}d{{/rows}}", values) == "ac")
        #expect(try render("{{#name}}[{{name}}]{{/name}}{{#none}}!{{/none}}{{missing}}{{! words }}", values) == "[x]")
    }

    @Test("A section that is not closed is refused", arguments: ["{{#a}}", "{{#a}}{{/b}}", "{{a", "{{/a}}"])
    func broken(_ text: String) {
        #expect(throws: TemplateError.self) { try Template(text) }
    }

    @Test("Every template can be read, and none has an inline script or style")
    func files() throws {
        for (name, text) in Templates.texts {
            _ = try Template(text)
            #expect(!text.contains("style=") && !text.contains("<style") && !text.contains(#/ on[a-z]+=/#), "\(name)")
            #expect(!text.contains("<script>") && !text.contains("//cdn") && !text.contains("{{{"), "\(name)")
        }
    }

    @Test("All assets and templates are under 120 kB")
    func size() {
        let assets = Asset.shared.values.reduce(0) { $0 + $1.bytes.count }
        let templates = Templates.texts.values.reduce(0) { $0 + $1.utf8.count }
        #expect(assets > 5_000 && assets + templates < 120_000)
    }

    @Test("Numbers, sizes and times have units")
    func words() {
        #expect(PageText.number(1_234_567) == "1\u{202f}234\u{202f}567")
        let noon = Date(timeIntervalSince1970: 1_764_590_400)
        let clocks: [(hours: Double, text: String)] = [
            (0, "12:00:00 UTC"), (7, "19:00:00 UTC"), (13, "2025-12-02 01:00:00 UTC"),
            (-13, "2025-11-30 23:00:00 UTC"), (366 * 24, "2026-12-02 12:00:00 UTC"),
        ]
        for (hours, text) in clocks {
            let date = noon.addingTimeInterval(hours * 3_600)
            #expect(PageText.clock(date, now: noon) == text)
        }
        #expect(PageText.count(1, "mail") == "1 mail" && PageText.count(2, "mail") == "2 mails")
        #expect(["512 B", "1.4 kB", "25 MB"] == [512, 1_400, 25_000_000].map(PageText.bytes))
        #expect(
            ["40 ms", "1.5 s", "90 s", "3 min", "5 h", "9 d"]
                == [0.04, 1.5, 90, 200, 18_000, 800_000].map(PageText.duration))
    }
}
