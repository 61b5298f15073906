import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoSMTPInbox
import Synchronization

/// Answers when a mail is there that another program waits for: `to`, `subject` (both: what is in it), `after` (only
/// mails with a higher id; default 0), `within` (to 5 min; default 30 s). The mail as JSON, or 404 when the time is up.
struct MailWait: Sendable {
    private let inbox: Inbox
    private let search: MailSearch
    private let after: Int
    private let limit: Duration

    private static let waiting = Mutex(0)
    /// More are refused.
    private static let most = 200

    init(_ inbox: Inbox, _ query: PageFields) throws(Problem) {
        self.inbox = inbox
        search = MailSearch(to: query["to"], subject: query["subject"])
        after = query.int("after") ?? 0
        guard let limit = Duration(text: query["within"] ?? "30s"), limit <= .seconds(300) else {
            throw Problem(.badRequest, "within is not a time of at most 5 minutes", advice: "within=30s")
        }
        self.limit = limit
    }

    func response() async throws(Problem) -> PageResponse {
        let isWaiting = Self.waiting.withLock { waiting in
            guard waiting < Self.most else { return false }
            waiting += 1
            return true
        }
        guard isWaiting else {
            throw .unavailable("\(Self.most) requests wait for mails, which is the limit here", retryAfter: .seconds(1))
        }
        defer { Self.waiting.withLock { $0 -= 1 } }
        guard let mail = await mail() else {
            throw Problem(.notFound, "no such mail came in time", advice: "a longer within, or another to and subject")
        }
        return .response(HTTPResponse(.ok, .json, mail.json, headers: WebSite.headers))
    }

    private func mail() async -> CaughtMail? {
        // First the stream, so that no mail comes between.
        let arrivals = inbox.arrivals(buffering: 1_024)
        if let mail = inbox.mails.newest().last(where: matches) { return mail }
        return await withTaskGroup(of: CaughtMail?.self) { group in
            group.addTask { await arrivals.first(where: matches) }
            group.addTask { [limit] in
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func matches(_ mail: CaughtMail) -> Bool { mail.id > after && search.matches(mail, isRead: false) }
}
