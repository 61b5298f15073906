package import BgdemoFoundations
package import BgdemoHTTPServer
public import BgdemoSMTPInbox
public import Logging

/// The inbox for people and programs. Below its base, which is `/` or a path such as `/inbox`:
///
/// - `/?q=SEARCH&before=ID` lists 50 mails, the newest first; `/mails.json?q=&before=` lists 100.
/// - `/mails/ID` shows one (`?view=text`, `html`, `parts`, `headers` or `raw`), `/mails/ID.json` and `/mails/ID.eml` too.
/// - `/mails/ID/parts/N` is a part to download, `/mails/ID/html` the HTML alone.
/// - `/mails/wait?to=&subject=&after=ID&within=30s` answers when such a mail is there.
/// - POST `/mails/remove` and `/mails/unread` with `mail=ID`, or `all=yes`; with `q` and `before` of the list to go back to.
public struct InboxPages: PageRoutes {
    public let name = "Inbox"
    public var home: String { base.isEmpty ? "/" : base }
    let base: String
    let inbox: Inbox
    let marks = ReadMarks()
    private let logger: Logger
    /// Tells the numbers of this process from those of the one before.
    private let epoch = UInt32.random(in: .min ... .max)

    /// - Parameter base: Where the pages are, without a slash at the end. Default: at `/`.
    public init(_ inbox: Inbox, at base: String = "", logger: Logger) {
        self.inbox = inbox
        self.base = base
        self.logger = logger
    }

    package func version() async -> String { "\(epoch)-\(inbox.mails.changes)-\(marks.changes)" }

    package func owns(_ path: [ByteString], _ head: HTTPRequest.Head) -> Bool {
        guard !base.isEmpty else { return path.isEmpty || path[0] == "mails" || path == ["mails.json"] }
        let own = ByteString(base.utf8.dropFirst())
        return path.first.map { $0 == own || $0 == ByteString(own.text + ".json") } ?? false
    }

    package func respond(to request: PageRequest) async throws -> PageResponse {
        let path = base.isEmpty ? request.path[...] : request.path.dropFirst()
        if request.isPost { return try act(Array(path), request) }
        if !base.isEmpty, request.path.first?.hasSuffix(".json") == true { return try await list(asJSON: request) }
        switch path.count {
        case 0: return try await InboxList(pages: self, request).response()
        case 1 where path.first == "mails.json": return try await list(asJSON: request)
        case 2 where path.last == "wait": return try await MailWait(inbox, request.query).response()
        case 2 where path.first == "mails": return try mail(path.last ?? "", request)
        case 3 where path.last == "html": return try html(path.dropFirst().first)
        case 4 where path.dropFirst(2).first == "parts": return try part(path.dropFirst().first, path.last)
        default: throw Self.notFound
        }
    }

    static var notFound: Problem {
        Problem(.notFound, "no such mail is kept", advice: "GET the list of those there are")
    }

    // MARK: One mail

    /// `ID`, `ID.json` or `ID.eml`.
    private func mail(_ name: ByteString, _ request: PageRequest) throws(Problem) -> PageResponse {
        let parts = name.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
            .map { ByteString($0) }
        let mail = try find(parts.first)
        switch parts.count == 2 ? parts[1] : "" {
        case "" where parts.count == 1:
            marks.mark([mail.id], isRead: true, in: inbox.mails)
            return MailPage(pages: self, mail: mail, request).response()
        case "json": return .response(HTTPResponse(.ok, .json, mail.json, headers: WebSite.headers))
        case "eml": return .response(HTTPResponse(.ok, .asciiText, .bytes(mail.raw), headers: WebSite.headers))
        default: throw Self.notFound
        }
    }

    private func find(_ id: ByteString?) throws(Problem) -> CaughtMail {
        guard let id = id.flatMap({ Int($0.text) }), let mail = inbox.mails[id] else { throw Self.notFound }
        return mail
    }

    /// A stranger's HTML: nothing in it runs, and it loads nothing. A link opens in another tab.
    private func html(_ id: ByteString?) throws(Problem) -> PageResponse {
        guard let html = try find(id).html(limit: MailPage.shownBytes) else { throw Self.notFound }
        let headers = [
            HTTPHeader(
                "Content-Security-Policy",
                """
                sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
                img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'
                """),
            HTTPHeader("Referrer-Policy", "no-referrer"), HTTPHeader("X-DNS-Prefetch-Control", "off"),
        ]
        return .response(HTTPResponse(.ok, .html, MailHTML.shown(html), headers: headers))
    }

    private func part(_ id: ByteString?, _ number: ByteString?) throws(Problem) -> PageResponse {
        let parts = try find(id).parts
        guard let number = number.flatMap({ Int($0.text) }), let part = parts.first(where: { $0.number == number })
        else {
            throw Self.notFound
        }
        let name = part.name.utf8.prefix(80).map { byte in
            byte.isASCIILetter || byte.isASCIIDigit || "._-".utf8.contains(byte) ? byte : UInt8(ascii: "_")
        }
        let file = name.isEmpty ? "part-\(number)" : String(decoding: name, as: UTF8.self)
        let exact = PageFields.encode(PageText.cut(part.name.isEmpty ? file : part.name, 80))
        return .response(
            HTTPResponse(
                .ok, .bytes, .bytes(part.bytes),
                headers: WebSite.headers + [
                    // The name as it is (RFC 6266), and an ASCII one for programs that do not know the other.
                    HTTPHeader(
                        "Content-Disposition", "attachment; filename=\"\(file)\"; filename*=UTF-8''\(exact)")
                ]))
    }

    // MARK: Changes

    private func act(_ path: [ByteString], _ request: PageRequest) throws(Problem) -> PageResponse {
        let isAll = request.form.isYes("all")
        let ids = request.form.all("mail").compactMap { Int($0) }
        guard isAll || !ids.isEmpty else { throw Problem(.badRequest, "no mail is selected") }
        let named = isAll ? "all" : ids.map(String.init).joined(separator: " ")
        switch path {
        case ["mails", "remove"]:
            let removed = inbox.mails.remove(isAll ? nil : ids)
            logger.info(
                "Mails were removed on the page",
                metadata: ["mails": "\(named)", "removed": "\(removed)", "by": "\(request.user)"])
            guard removed > 0 else { throw Problem(.conflict, "somebody was faster: no such mail is kept any more") }
        case ["mails", "unread"]:
            marks.mark(isAll ? inbox.mails.newest().map(\.id) : ids, isRead: false, in: inbox.mails)
            logger.info(
                "Mails were marked as unread on the page", metadata: ["mails": "\(named)", "by": "\(request.user)"])
        default: throw Self.notFound
        }
        return .redirect(list(of: request.form))
    }

    /// The list in which a form stood, with its search and its place.
    private func list(of form: PageFields) -> String {
        let query = [("q", form["q"]), ("before", form.int("before").map(String.init))].compactMap { name, value in
            value.map { "\(name)=\(PageFields.encode($0))" }
        }
        return query.isEmpty ? home : "\(home)?\(query.joined(separator: "&"))"
    }

    // MARK: JSON

    private func list(asJSON request: PageRequest) async throws -> PageResponse {
        let mails = await find(MailSearch(request.query["q"] ?? ""), before: request.query.int("before"), limit: 100)
        var json = JSONWriter()
        json.raw("{")
        json.member("total", inbox.mails.total)
        json.member("kept", inbox.mails.count)
        json.name("mails")
        json.raw("[")
        for (place, mail) in mails.enumerated() {
            json.raw(place == 0 ? "{" : ",{")
            mail.write(into: &json, limit: 1_000)
            json.raw("}")
        }
        json.raw("]}\n")
        return .response(HTTPResponse(.ok, .json, json.text, headers: WebSite.headers))
    }

    /// The newest that match, at most `limit`. Other requests are not blocked while many are looked at.
    func find(_ search: MailSearch, before: Int?, limit: Int) async -> [CaughtMail] {
        guard !search.terms.isEmpty else { return inbox.mails.newest(limit, before: before) }
        let read = marks.all
        var found: [CaughtMail] = []
        for (place, mail) in inbox.mails.newest(before: before).enumerated() where found.count < limit {
            if place.isMultiple(of: 16) { await Task.yield() }
            if search.matches(mail, isRead: read.contains(mail.id)) { found.append(mail) }
        }
        return found
    }
}
