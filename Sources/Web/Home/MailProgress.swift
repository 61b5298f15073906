import BgdemoFoundations
import BgdemoSMTPInbox

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What became of a mail that the page has sent, step by step.
struct MailProgress {
    let entry: SentMails.Entry
    /// Where it arrives, if it does in this process.
    let inbox: Inbox?
    /// The page of the inbox, wherever it is.
    let inboxURL: String?
    /// Whether its attempts are known.
    let hasAttempts: Bool

    var values: TemplateValues {
        let milliseconds = entry.answeredAt.timeIntervalSince(entry.sentAt)
        var steps = [Step("Sent by this page", at: entry.sentAt, .done, nil)]
        steps.append(
            Step(
                entry.failure == nil ? "Accepted as “\(entry.state)”" : "Not sent", at: entry.answeredAt,
                entry.failure == nil ? .done : .wrong,
                entry.failure ?? "the web server answered after \(PageText.duration(milliseconds))"))
        var mail: CaughtMail?
        if entry.failure == nil {
            mail = inbox?.mails.newest(500).first { $0.messageID?.containsBytes(of: entry.id) == true }
            if hasAttempts { steps.append(Step(entry.attempts, arrivedAt: mail?.receivedAt)) }
            let arrived = mail.map { "after \(PageText.duration($0.receivedAt.timeIntervalSince(entry.sentAt)))" }
            steps.append(
                inbox == nil
                    ? Step("Goes to the mail server", at: nil, .open, "which is not inside this process")
                    : Step(
                        mail == nil ? "Not in the inbox yet" : "In the inbox", at: mail?.receivedAt,
                        mail == nil ? .open : .done, arrived))
        }
        return [
            "id": .text(entry.id), "recipient": .text(entry.to), "title": .text(entry.subject),
            "mail": .text(
                mail.flatMap { mail in
                    inboxURL.map { "\($0.hasByteSuffix("/") ? String($0.dropLast()) : $0)/mails/\(mail.id)" }
                }),
            "steps": .list(steps.map(\.values)),
        ]
    }

    private struct Step {
        enum State { case open, done, wrong }

        let values: TemplateValues

        /// The attempts until now. A mail that has arrived was attempted before, whenever a page has asked.
        init(_ seen: SentMails.Seen?, arrivedAt: Date?) {
            guard let seen else {
                self.init("Not attempted yet", at: nil, .open, nil)
                return
            }
            let (attempts, count) = (seen.attempts, PageText.count(seen.attempts.count, "time"))
            let word = ByteString(attempts.state)
            let state: State = word == "sent" ? .done : word == "waiting" ? .open : .wrong
            let note = [word == "waiting" ? "waits for the next attempt" : attempts.state, attempts.reason]
            self.init(
                "Attempted \(count)", at: min(seen.at, arrivedAt ?? seen.at), state,
                PageText.cut(note.compactMap(\.self).joined(separator: ": "), 300))
        }

        init(_ name: String, at time: Date?, _ state: State, _ note: String?) {
            values = [
                "step": .text(name), "done": .flag(state == .done), "wrong": .flag(state == .wrong),
                "note": .text(note),
                "time": .one(time.map(PageText.time)),
            ]
        }
    }
}
