package import BgdemoFoundations
public import BgdemoHTTPServer
public import BgdemoSMTPInbox
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `/` for browsers: a form that sends a mail, and what becomes of it. Programs get and post the same path without it.
public struct HomePages: PageRoutes {
    /// How a strategy is drawn.
    public struct StrategyDiagram: Sendable {
        let name: String
        let summary: String
        let stations: [String]

        /// - Parameters:
        ///   - summary: What it does, without a full stop.
        ///   - hasWorker: Whether another process or task sends the mail.
        ///   - needsRedis: Whether it waits in Redis.
        public init(name: String, summary: String, hasWorker: Bool, needsRedis: Bool) {
            self.name = name
            self.summary = summary
            stations =
                ["browser", "web server"] + (needsRedis ? ["Redis"] : []) + (hasWorker ? ["worker"] : [])
                + ["mail server"]
        }
    }

    /// What is known of the attempts to send a mail.
    public struct Attempts: Sendable, Hashable {
        let count: Int
        let state: String
        let reason: String?

        /// - Parameters:
        ///   - count: 0 where none is known to have begun.
        ///   - state: `sent`, `waiting` for its next attempt, `failed` or `unknown`; before the first what the strategy answered.
        ///   - reason: The mail server's reply, or what else the last attempt ended with.
        public init(count: Int, state: String, reason: String?) {
            (self.count, self.state, self.reason) = (count, state, reason)
        }
    }

    public let name = "Send"
    public let home = "/"
    public let isPublic: Bool
    private let strategy: StrategyDiagram
    private let inbox: Inbox?
    private let inboxURL: String?
    private let token: BearerToken?
    private let mails: any HTTPHandler
    private let attempts: (@Sendable (String) async -> Attempts?)?
    private let sent = SentMails()

    /// - Parameters:
    ///   - mails: Takes the form as a program's `POST /`, and answers in JSON.
    ///   - token: What it asks for; who has signed in brings it.
    ///   - inbox: Where mails arrive, if they do in this process.
    ///   - inboxURL: The page of the inbox, wherever it is.
    ///   - attempts: What is known of the mail with this id. Default: nil, and no attempts are shown.
    public init(
        _ strategy: StrategyDiagram, mails: any HTTPHandler, token: BearerToken?, inbox: Inbox? = nil,
        inboxURL: String? = nil,
        attempts: (@Sendable (String) async -> Attempts?)? = nil
    ) {
        self.strategy = strategy
        self.mails = mails
        self.token = token
        self.inbox = inbox
        self.inboxURL = inboxURL
        self.attempts = attempts
        isPublic = token == nil
    }

    package func version() async -> String {
        if let newest = sent.newest { await note(newest) }
        return "\(sent.count)-\(sent.changes)-\(inbox?.mails.changes ?? 0)"
    }

    /// Keeps what is known of the attempts, and when that was first seen.
    private func note(_ entry: SentMails.Entry) async {
        guard entry.failure == nil, let attempts = await attempts?(entry.id), attempts.count > 0 else { return }
        sent.note(attempts, of: entry.id, at: .now)
    }

    package func owns(_ path: [ByteString], _ head: HTTPRequest.Head) -> Bool {
        guard path.isEmpty, head.fields.accept?.containsBytes(of: "text/html") == true else { return false }
        switch head.method {
        case .get, .head: return true
        case .post:
            return head.fields.contentType?.asciiLowercased().hasBytePrefix("application/x-www-form-urlencoded") == true
        case .options, .other: return false
        }
    }

    package func respond(to request: PageRequest) async throws -> PageResponse {
        guard request.isPost else { return await page(request, failure: nil) }
        let began = Date.now
        let response = await mails.respond(to: authorized(request))
        guard response.status != .unauthorized else { return .redirect("/sign-in") }
        let answer = MailAnswer(response)
        guard let id = answer.id else {
            return await page(request, failure: answer.failure ?? response.status.phrase)
        }
        sent.add(
            SentMails.Entry(
                id: id, to: request.form["to"] ?? "", subject: request.form["subject"] ?? "", sentAt: began,
                answeredAt: .now, state: answer.state, failure: answer.failure))
        return .redirect("/?mail=\(PageFields.encode(id))")
    }

    /// The cookie of a session stands for the token, which the form cannot bring.
    private func authorized(_ request: PageRequest) -> HTTPRequest {
        guard let token, request.user == "session" else { return request.http }
        let head = request.http.head
        var fields = head.fields
        token.authorize(&fields)
        return HTTPRequest(
            head: HTTPRequest.Head(
                method: head.method, target: "/", minorVersion: head.minorVersion, fields: fields,
                keepsAlive: head.keepsAlive),
            body: request.http.body)
    }

    private func page(_ request: PageRequest, failure: String?) async -> PageResponse {
        let asked = request.query["mail"]
        var entry = failure == nil ? asked.map { sent.find($0) } ?? sent.newest : nil
        if let known = entry {
            await note(known)
            entry = sent.find(known.id)
        }
        let main = Templates.render(
            "home",
            [
                "strategy": .text(strategy.name), "summary": .text(strategy.summary),
                "stations": .list(strategy.stations.map { ["station": .text($0)] }),
                "to": .text(request.form["to"]), "subject": .text(request.form["subject"]),
                "words": .text(request.form["text"]), "failure": .text(failure), "inbox": .text(inboxURL),
                "unknown": .text(failure == nil && entry == nil ? asked.map { PageText.cut($0, 100) } : nil),
                "sent": .one(
                    entry.map {
                        MailProgress(entry: $0, inbox: inbox, inboxURL: inboxURL, hasAttempts: attempts != nil).values
                    }),
            ])
        // To follow what changes it would ask for `/` again, where nothing is said of the failure.
        return .page(title: "Send", main: main, isLive: failure == nil)
    }
}
