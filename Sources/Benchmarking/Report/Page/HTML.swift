import BgdemoFoundations

/// HTML as text, everything from outside escaped. A mail is hostile: besides markup it may hold control characters,
/// and marks that turn the direction of the words around them (Trojan Source); those are shown as U+XXXX.
struct HTML {
    private(set) var text = ""

    init() {}

    mutating func raw(_ markup: String) { text += markup }

    /// Words from outside.
    mutating func words(_ words: some StringProtocol) {
        text += HTMLEscaping.escape(words) { "<mark>\($0)</mark>" }
    }

    /// `<tag>words</tag>`, in whichever direction the words run.
    mutating func element(_ tag: String, _ words: some StringProtocol) {
        raw("<\(tag)><bdi>")
        self.words(words)
        raw("</bdi></\(tag)>")
    }

    /// A whole page.
    ///
    /// - Parameters:
    ///   - refresh: Seconds until a browser asks for it again.
    ///   - head: Markup for the end of its head, such as a style of its own.
    static func page(
        _ title: String, refresh: Int? = nil, head: String = "", _ body: (inout HTML) -> Void
    ) -> String {
        var html = HTML()
        html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        if let refresh { html.raw("<meta http-equiv=\"refresh\" content=\"\(refresh)\">\n") }
        html.raw("<title>")
        html.words(title)
        html.raw("</title>\n<style>\(style)</style>\n\(head)</head>\n<body>\n<main>\n")
        body(&html)
        html.raw("</main>\n</body>\n</html>\n")
        return html.text
    }

    private static let style = """
        :root { color-scheme: light dark }
        body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem }
        table { border-collapse: collapse; width: 100% }
        th, td { border-bottom: 1px solid #8886; overflow-wrap: anywhere; padding: .4rem .6rem .4rem 0; \
        text-align: start; vertical-align: top }
        pre { border: 1px solid #8886; border-radius: .3rem; padding: .8rem; white-space: pre-wrap; \
        overflow-wrap: anywhere }
        time { font-variant-numeric: tabular-nums; white-space: nowrap }
        """
}
