import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoSMTPInbox

/// The page with the newest mails, or those that are looked for.
struct InboxList {
    let pages: InboxPages
    let request: PageRequest

    private static let limit = 50
    /// Characters of a field in a row.
    private static let longest = 300

    init(pages: InboxPages, _ request: PageRequest) throws(Problem) {
        guard request.query.hasOnly(["q", "before"]),
            request.query["before"] == nil || request.query.int("before") != nil
        else {
            throw Problem(
                .badRequest, "the query is not understood", advice: "?q=SEARCH, and ?before=ID for the mails before it")
        }
        (self.pages, self.request) = (pages, request)
    }

    func response() async throws(Problem) -> PageResponse {
        let search = request.query["q"] ?? ""
        let before = request.query.int("before")
        let found = await pages.find(MailSearch(search), before: before, limit: Self.limit + 1)
        let mails = found.prefix(Self.limit)
        let read = pages.marks.all
        let kept = pages.inbox.mails.count
        let unread = pages.inbox.mails.newest().count { !read.contains($0.id) }
        let older = found.count > mails.count ? mails.last.map { "\(pages.home)?\(query(search))before=\($0.id)" } : nil
        let main = Templates.render(
            "inbox",
            [
                "base": .text(pages.base), "home": .text(pages.home), "url": .text(pages.inbox.url),
                "search": .text(search), "total": .text(PageText.count(pages.inbox.mails.total, "mail")),
                "kept": .int(kept), "all": .words(kept == 1 ? "the one mail" : "all \(PageText.number(kept)) mails"),
                "unread": .int(unread), "hasUnread": .flag(unread > 0),
                "rows": .list(mails.map { row($0, isRead: read.contains($0.id)) }),
                "hasMails": .flag(kept > 0), "mayAct": .flag(request.mayAct), "form_token": .text(request.formToken),
                "older": .text(older),
                "newest": .flag(before != nil), "before": .text(before.map(String.init)),
                "jsonQuery": .text(search.isEmpty ? "" : "?q=\(PageFields.encode(search))"),
            ])
        return .page(title: unread > 0 ? "Inbox (\(unread))" : "Inbox", main: main)
    }

    private func query(_ search: String) -> String { search.isEmpty ? "" : "q=\(PageFields.encode(search))&" }

    private func row(_ mail: CaughtMail, isRead: Bool) -> TemplateValues {
        let subject = mail.header("Subject", limit: Self.longest)
        let more = mail.recipients.count - 2
        let to = mail.recipients.prefix(2).map { PageText.cut($0, Self.longest) }.joined(separator: ", ")
        let words = mail.text(limit: 600).text.split(whereSeparator: \.isWhitespace).prefix(24).joined(separator: " ")
        return [
            "id": .text(String(mail.id)), "to": .text(to + (more > 0 ? " and \(more) more" : "")),
            "subject": .text(subject.isEmpty ? "(no subject)" : subject), "words": .text(PageText.cut(words, 140)),
            "time": .one(PageText.time(mail.receivedAt)), "size": .text(PageText.bytes(mail.raw.count)),
            "unread": .flag(!isRead),
        ]
    }
}
