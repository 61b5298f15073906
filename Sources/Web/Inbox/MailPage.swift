import BgdemoFoundations
import BgdemoSMTPInbox

/// The page of one mail.
struct MailPage {
    private let pages: InboxPages
    private let mail: CaughtMail
    private let request: PageRequest

    /// Encoded bytes of a text that are shown.
    static let shownBytes = 512 << 10

    init(pages: InboxPages, mail: CaughtMail, _ request: PageRequest) {
        (self.pages, self.mail, self.request) = (pages, mail, request)
    }

    func response() -> PageResponse {
        let html = mail.html(limit: Self.shownBytes)
        let given = request.query["view"] ?? ""
        let view =
            Self.views.first { given.hasSameBytes(as: $0.name) }?.name
            ?? (html != nil && !mail.hasText ? "html" : "text")
        let parts = mail.parts
        let subject = mail.header("Subject", limit: 1_000)
        var values: TemplateValues = [
            "base": .text(pages.base), "home": .text(pages.home), "id": .text(String(mail.id)),
            "subject": .text(subject.isEmpty ? "(no subject)" : subject), "facts": .list(facts),
            "mayAct": .flag(request.mayAct), "form_token": .text(request.formToken),
            "views": .list(
                Self.views.filter { $0.name != "html" || html != nil }.map {
                    [
                        "name": .text($0.name),
                        "label": .text($0.label + ($0.name == "parts" ? " (\(parts.count))" : "")),
                        "here": .flag($0.name == view),
                    ]
                }),
        ]
        switch view {
        case "html": values["isHTML"] = true
        case "headers": values["source"] = .text(mail.headerText)
        case "raw":
            values["source"] = .text(String(decoding: mail.raw.prefix(Self.shownBytes), as: UTF8.self))
            values["isCut"] = .flag(mail.raw.count > Self.shownBytes)
        case "parts":
            values["parts"] = .list(parts.map(row))
            values["hasParts"] = true
        default:
            let (text, isWhole) = mail.text(limit: Self.shownBytes)
            values["text"] = .list([["runs": .list(LinkedText.runs(text.isEmpty ? " " : text))]])
            values["isCut"] = .flag(!isWhole)
        }
        return .page(
            title: subject.isEmpty ? "Mail \(mail.id)" : PageText.cut(subject, 100),
            main: Templates.render("mail", values))
    }

    private static let views = [
        (name: "text", label: "Text"), (name: "html", label: "HTML"), (name: "parts", label: "Parts"),
        (name: "headers", label: "Headers"), (name: "raw", label: "Raw"),
    ]

    private var facts: [TemplateValues] {
        let recipients = mail.recipients.prefix(20).map { "<\($0)>" }.joined(separator: ", ")
        let more = mail.recipients.count - 20
        let rows: [(String, String)] = [
            ("From", mail.header("From", limit: 1_000)), ("To", mail.header("To", limit: 1_000)),
            ("Cc", mail.header("Cc", limit: 1_000)),
            ("Envelope", "<\(mail.sender)> → \(recipients)" + (more > 0 ? " and \(more) more" : "")),
            (
                "Over",
                "connection \(mail.connection)" + (mail.usedTLS ? ", TLS" : ", no TLS")
                    + (mail.user.map { ", logged in as \($0)" } ?? "")
            ),
            ("Size", PageText.bytes(mail.raw.count)),
        ]
        return [["name": "Received", "time": .one(PageText.time(mail.receivedAt))]]
            + rows.filter { !$0.1.isEmpty }.map { ["name": .text($0.0), "value": .text($0.1)] }
    }

    private func row(_ part: MailPart) -> TemplateValues {
        [
            "number": .text(String(part.number)), "type": .text(PageText.cut(part.type, 100)),
            "file": .text(part.name.isEmpty ? "part \(part.number)" : PageText.cut(part.name, 200)),
            "kind": .text(part.isAttachment ? "attachment" : "inline"),
            "size": .text(PageText.bytes(part.encodedBytes)),
        ]
    }
}
