import BgdemoFoundations
public import BgdemoHTTPServer
import BgdemoEmail

/// The inbox for people and programs: `/` lists the mails, `/mails/ID` shows one, `/mails/ID.eml` is its raw source;
/// `/mails.json` and `/mails/ID.json` say the same in JSON. Both lists give 100, newest first; `?before=ID` goes on. A list
/// shows at most 1,000 characters of a field (300 on the page).
///
/// The pages hold nothing but text, and nothing runs: a mail is written by a stranger.
public struct InboxPages: HTTPHandler {
    private let inbox: Inbox

    /// Mails in a list.
    private static let listed = 100
    /// Encoded bytes of a text on a page.
    private static let shown = 512 << 10
    /// Characters of a subject, and recipients, in a row of the page.
    private static let rowSubject = 300
    private static let rowRecipients = 5
    /// Characters of a field in a list in JSON.
    private static let rowField = 1_000

    public init(_ inbox: Inbox) {
        self.inbox = inbox
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard request.method == .get || request.method == .head else {
            return Problem(
                .methodNotAllowed, "the inbox is only read", advice: "GET / or GET /mails.json",
                headers: [HTTPHeader("Allow", "GET, HEAD")]
            ).response
        }
        let halves = request.target.utf8.split(
            separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false
        ).map { Substring($0) }
        let query = halves.count == 2 ? halves[1] : ""
        let before = query.dropping(prefix: "before=").flatMap { Int($0) }
        guard query.isEmpty || before != nil else {
            return Problem(.badRequest, "the query is not understood", advice: "?before=ID, for the mails before it")
                .response
        }
        return await answer(ByteString(halves.first ?? ""), before: before)
    }

    /// Not on the event loop, which other connections wait for: a mail of 10 MB takes a while to be shown.
    @concurrent private func answer(_ path: ByteString, before: Int?) async -> HTTPResponse {
        switch path {
        case "/": return page(list(before: before))
        case "/mails.json": return HTTPResponse(.ok, .json, listJSON(before: before), headers: Self.headers)
        default: return mail(at: path.text)
        }
    }

    private func mail(at path: String) -> HTTPResponse {
        guard let name = path.dropping(prefix: "/mails/") else { return Self.notFound }
        let parts = name.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
            .map { Substring($0) }
        guard let id = parts.first.flatMap({ Int($0) }), let mail = inbox.mails[id] else { return Self.notFound }
        switch ByteString(parts.count == 2 ? parts[1] : "") {
        case "" where parts.count == 1: return page(one(mail))
        case "json": return HTTPResponse(.ok, .json, oneJSON(mail), headers: Self.headers)
        case "eml": return HTTPResponse(.ok, .asciiText, .bytes(mail.raw), headers: Self.headers)
        default: return Self.notFound
        }
    }

    private func page(_ html: String) -> HTTPResponse { HTTPResponse(.ok, .html, html, headers: Self.headers) }

    private static let headers = [
        HTTPHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        HTTPHeader("Referrer-Policy", "no-referrer"),
    ]

    private static var notFound: HTTPResponse {
        Problem(.notFound, "no such mail is kept", advice: "GET / for the mails there are").response
    }

    // MARK: HTML

    private func list(before: Int?) -> String {
        let mails = inbox.mails.newest(Self.listed, before: before)
        let total = inbox.mails.total
        return HTML.page("Inbox (\(total))", refresh: before == nil ? 5 : nil) { html in
            html.raw("<h1>Inbox</h1>\n<p>\(total) \(total == 1 ? "mail" : "mails") came to <code>")
            html.words(inbox.url)
            html.raw(
                "</code>, \(inbox.mails.count) of them \(inbox.mails.count == 1 ? "is" : "are") kept. <a href=\"/mails.json\">The same as JSON</a></p>\n"
            )
            guard let last = mails.last else { return html.raw("<p>No mail has come yet.</p>\n") }
            html.raw("<table>\n<thead><tr><th scope=\"col\">Came</th><th scope=\"col\">To</th>")
            html.raw("<th scope=\"col\">Subject</th></tr></thead>\n<tbody>\n")
            for mail in mails {
                let subject = mail.header("Subject", limit: Self.rowSubject)
                let more = mail.recipients.count - Self.rowRecipients
                html.raw("<tr><td><time>\(Timestamp(mail.receivedAt).iso8601)</time></td>")
                html.element(
                    "td",
                    mail.recipients.prefix(Self.rowRecipients).joined(separator: ", ")
                        + (more > 0 ? " and \(more) more" : ""))
                html.raw("<td><a href=\"/mails/\(mail.id)\">")
                html.element("span", subject.isEmpty ? "(no subject)" : subject)
                html.raw("</a></td></tr>\n")
            }
            html.raw("</tbody>\n</table>\n")
            if mails.count == Self.listed { html.raw("<p><a href=\"/?before=\(last.id)\">Older mails</a></p>\n") }
        }
    }

    private func one(_ mail: CaughtMail) -> String {
        let part = MIMEPart(mail.raw[...])
        let subject = mail.subject
        return HTML.page(subject.isEmpty ? "Mail \(mail.id)" : subject) { html in
            html.raw("<p><a href=\"/\">Inbox</a></p>\n")
            html.element("h1", subject.isEmpty ? "(no subject)" : subject)
            html.raw("\n<table>\n")
            let rows = [
                ("From", mail.from), ("To", mail.to), ("Envelope from", "<\(mail.sender)>"),
                ("Envelope to", mail.recipients.map { "<\($0)>" }.joined(separator: ", ")),
                ("Came", Timestamp(mail.receivedAt).iso8601),
                ("Over", "connection \(mail.connection)" + (mail.usedTLS ? ", TLS" : ", no TLS")),
                ("Logged in", mail.user ?? "no"), ("Bytes", String(mail.raw.count)),
            ]
            for (name, value) in rows {
                html.raw("<tr><th scope=\"row\">\(name)</th>")
                html.element("td", value)
                html.raw("</tr>\n")
            }
            let (text, isWhole) = part.text(limit: Self.shown)
            html.raw("</table>\n<h2>Text</h2>\n<pre dir=\"auto\">\n")
            html.words(text)
            html.raw("</pre>\n")
            if !isWhole { html.raw("<p>The text is longer; the raw source has all of it.</p>\n") }
            html.raw("<h2>Header</h2>\n<pre>\n")
            html.words(part.headerText)
            html.raw("</pre>\n<p><a href=\"/mails/\(mail.id).eml\">Raw source</a> ")
            html.raw("<a href=\"/mails/\(mail.id).json\">The same as JSON</a></p>\n")
        }
    }

    // MARK: JSON

    private func listJSON(before: Int?) -> String {
        var json = JSONWriter()
        json.raw("{")
        json.member("total", inbox.mails.total)
        json.member("kept", inbox.mails.count)
        json.name("mails")
        json.raw("[")
        for (place, mail) in inbox.mails.newest(Self.listed, before: before).enumerated() {
            json.raw(place == 0 ? "{" : ",{")
            mail.write(into: &json, limit: Self.rowField)
            json.raw("}")
        }
        json.raw("]}\n")
        return json.text
    }

    private func oneJSON(_ mail: CaughtMail) -> String {
        var json = JSONWriter()
        json.raw("{")
        mail.write(into: &json)
        json.member("text", mail.text)
        json.raw("}\n")
        return json.text
    }
}

extension CaughtMail {
    /// The fields of its JSON object that a list has too.
    ///
    /// - Parameter limit: Characters of a header field; nil for all of them.
    fileprivate func write(into json: inout JSONWriter, limit: Int? = nil) {
        json.member("id", id)
        json.member("receivedAt", Timestamp(receivedAt).iso8601)
        json.member("sender", sender)
        json.name("recipients")
        json.raw("[")
        for (place, recipient) in recipients.enumerated() {
            if place > 0 { json.raw(",") }
            json.string(recipient)
        }
        json.raw("]")
        for (key, name) in [("from", "From"), ("to", "To"), ("subject", "Subject"), ("messageID", "Message-ID")] {
            json.member(key, limit.map { header(name, limit: $0) } ?? header(name) ?? "")
        }
        json.member("bytes", raw.count)
        json.member("connection", connection)
        json.name("usedTLS")
        json.raw(usedTLS ? "true" : "false")
        if let user { json.member("user", user) }
    }
}
