import BgdemoTestSupport
import Testing

@testable import BgdemoWeb

/// Mails as they come from other programs, through the pages.
@Suite(.timeLimit(.minutes(1))) struct InboxCharsetTests {
    /// A charset, a text in it as base64, and the text.
    private static let charsets: [(name: String, base64: String, text: String)] = [
        ("windows-1252", "k3NtYXJ0lCCA", "“smart” €"),
        ("iso-8859-1", "R3L832U=", "Grüße"),
        ("iso-8859-2", "UPjtbGm5IL5sdbtvdehr/Q==", "Příliš žluťoučký"),
        ("iso-8859-15", "pCA1", "€ 5"),
        ("iso-8859-9", "3XN0YW5idWw=", "İstanbul"),
        ("koi8-r", "8NLJ18XU", "Привет"),
        ("shift_jis", "g2WDWINn", "テスト"),
        ("iso-2022-jp", "GyRCJUYlOSVIGyhC", "テスト"),
        ("gb18030", "xOO6ww==", "你好"),
        ("euc-kr", "vsiz5w==", "안녕"),
        ("big5", "p0Gmbg==", "你好"),
        ("utf-16", "//5HAHIA9gDfAGUA", "Größe"),
        ("utf-7", "R3IrQVBZQTN3LWU=", "Größe"),
    ]

    @Test("Subject, body and list are right in each charset, as HTML and as JSON")
    func charsets() async throws {
        try await WebServer.with { web in
            try await web.receive(
                Self.charsets.map {
                    """
                    Subject: =?\($0.name)?B?\($0.base64)?=\r
                    Content-Type: text/plain; charset=\($0.name)\r
                    Content-Transfer-Encoding: base64\r
                    \r
                    \($0.base64)
                    """
                })
            let list = try await web.get("/").text
            for (place, charset) in Self.charsets.enumerated() {
                let page = try await web.get("/mails/\(place + 1)").text
                #expect(page.contains("<h1><bdi>\(charset.text)</bdi></h1>"), "\(charset.name)")
                #expect(page.contains("<pre class=\"words\" dir=\"auto\">\(charset.text)"), "\(charset.name)")
                #expect(list.contains("<bdi>\(charset.text)</bdi>"), "\(charset.name)")
                let json = try await web.get("/mails/\(place + 1).json", headers: []).text
                #expect(json.contains(#""subject":"\#(charset.text)""#), "\(charset.name)")
                #expect(json.contains(#""text":"\#(charset.text)"#), "\(charset.name)")
            }
        }
    }

    @Test("A mail of HTML alone, an attachment before the text, a split boundary, long and blank encoded words")
    func forms() async throws {
        let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>Only <b>HTML</b></p>"
        let attachment = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=log.txt\r\n\r\nLOG"
        let text = "Content-Type: text/plain\r\n\r\nWORDS"
        func mixed(_ boundary: String, _ parts: String...) -> String {
            "Content-Type: multipart/mixed; \(boundary)\r\n\r\n"
                + parts.map { "--ab\r\n\($0)\r\n" }.joined() + "--ab--"
        }
        let long = Array(repeating: "Grüße", count: 60).joined(separator: " ")
        try await WebServer.with { web in
            try await web.receive([
                html, mixed("boundary=ab", attachment, text), mixed("boundary*0=\"a\"; boundary*1=\"b\"", text),
                "Subject: =?utf-8?B?R3LDvMOfZSA=?=\r\n =?utf-8?Q?Gr=C3=BC=C3=9Fe an alle?=\r\n\r\nx",
                "Subject: =?utf-8?Q?\(PageFields.encode(long).replacing("%", with: "=").replacing("=20", with: "_"))?=\r\n\r\nx",
            ])
            let page = try await web.get("/mails/1").text
            #expect(page.contains("<iframe sandbox") && page.contains("src=\"/mails/1/html\""))
            let second = try await web.get("/mails/2").text
            #expect(second.contains("dir=\"auto\">WORDS"))
            #expect(try await web.get("/mails/2/parts/1").text == "LOG")
            #expect(try await web.get("/mails/3").text.contains("dir=\"auto\">WORDS"))
            #expect(try await web.get("/mails/4").text.contains("<h1><bdi>Grüße Grüße an alle</bdi></h1>"))
            #expect(try await web.get("/mails/5.json", headers: []).text.contains(#""subject":"\#(long)""#))
        }
    }
}
