import Testing

@testable import BgdemoWeb

/// How a stranger's text and HTML are shown.
@Suite struct MailViewTests {
    @Test(
        "Addresses of pages in a text are links, as far as they go",
        arguments: [
            ("see https://a.example/x?y=1&z#f.", ["https://a.example/x?y=1&z#f"]),
            ("(http://a.example), <HTTPS://b.example/>", ["http://a.example", "HTTPS://b.example/"]),
            ("xhttp://a.example javascript://a http:// https:/a ftp://a ://", []),
            ("http://a.example/\"onclick=x http://b.example/\u{202e}gpj", ["http://a.example/", "http://b.example/"]),
            ("Grüße: https://a.example/ä", ["https://a.example/"]),
        ])
    func links(_ text: String, _ urls: [String]) {
        let runs = LinkedText.runs(text)
        var (found, whole) = ([String](), "")
        for run in runs {
            if case .text(let words) = run["words"] { whole += words }
            guard case .list(let link) = run["link"], case .text(let url) = link.first?["url"] else { continue }
            found.append(url)
            whole += url
        }
        #expect(found == urls)
        #expect(whole == text)
    }

    @Test("Links beyond the limit are text, and all of it is there")
    func manyLinks() {
        let text = String(repeating: "http://a.example/ ", count: 20_000)
        let runs = LinkedText.runs(text)
        #expect(runs.count { $0["link"] != nil } == 500)
        guard case .text(let rest) = runs.last?["words"] else {
            Issue.record("no rest")
            return
        }
        #expect(rest.utf8.count == text.utf8.count - 500 * 18 + 1)
    }

    @Test(
        "No link element stays one, links open another tab, and the doctype stays first",
        arguments: [
            ("<link rel=preconnect href=//a>", "<base target=\"_blank\"><x-link rel=preconnect href=//a>"),
            (
                "\n<!DocType html>\n<LINK/rel=x><p>&lt;link>",
                "\n<!DocType html><base target=\"_blank\">\n<x-LINK/rel=x><p>&lt;link>"
            ),
            ("", "<base target=\"_blank\">"), ("<!doctype", "<base target=\"_blank\"><!doctype"),
            ("<lin<link<", "<base target=\"_blank\"><lin<x-link<"),
        ])
    func html(_ given: String, _ shown: String) {
        #expect(MailHTML.shown(given) == shown)
    }
}
