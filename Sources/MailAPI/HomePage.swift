import BgdemoFoundations
public import BgdemoHTTPServer

/// `/`: a form for a browser, usage for curl.
public struct HomePage: HTTPHandler {
    private let strategy: String
    private let summary: String
    private let links: [(title: String, url: String)]

    /// - Parameter links: Shown below the form: the inbox, the metrics.
    public init(strategy: String, summary: String, links: [(title: String, url: String)]) {
        self.strategy = strategy
        self.summary = summary
        self.links = links
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let wantsHTML = request.fields.accept?.asciiLowercased().containsBytes(of: "text/html") ?? false
        let type = wantsHTML ? HTTPResponse.ContentType.html : .text
        let vary = [HTTPHeader("Vary", "Accept")]
        guard wantsHTML else {
            return HTTPResponse(.ok, type, usage(request.fields.host ?? "localhost"), headers: vary)
        }
        return HTTPResponse(.ok, type, html, headers: vary + [Self.policy])
    }

    private static let policy = HTTPHeader(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")

    private func usage(_ host: String) -> String {
        let host = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } ? host : "localhost"
        return """
            bgdemo: sends an e-mail, by the strategy \(strategy): \(summary).

            send one     curl http://\(host)/you@example.org/hello/how%20are%20you
            or           curl -d to=you@example.org -d subject=hello -d text='how are you' http://\(host)/
            or           curl --json '{"to":"you@example.org","subject":"hello","text":"how are you"}' http://\(host)/
            \(links.map { "\($0.title.padded(to: 13))\($0.url)\n" }.joined())
            """
    }

    private var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>bgdemo: \(strategy)</title>
        <style>
        :root { color-scheme: light dark }
        body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem }
        label { display: block; margin-top: .8rem }
        input, textarea, button { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem }
        button { margin-top: 1rem }
        </style>
        </head>
        <body>
        <h1>\(strategy)</h1>
        <p>\(summary).</p>
        <form method="post" action="/">
        <label>To <input name="to" type="email" required maxlength="254" placeholder="you@example.org"></label>
        <label>Subject <input name="subject" required maxlength="998"></label>
        <label>Text <textarea name="text" required rows="5"></textarea></label>
        <button>Send</button>
        </form>
        <p>\(links.map { "<a href=\"\($0.url)\">\($0.title)</a>" }.joined(separator: " · "))</p>
        </body>
        </html>

        """
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
