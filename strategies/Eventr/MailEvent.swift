import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import Eventr

/// A mail as an event: the talk's JSON, and the id after it. Events with other names are ignored.
struct MailEvent: Decodable {
    static let name = "emailEvent"

    struct Fields: Decodable {
        let to: String
        let subject: String
        let text: String
    }

    let eventName: String
    let email: Fields?
    let id: String?

    static func json(_ email: Email, _ semantics: Semantics) -> String {
        var json = JSONWriter(capacity: 160 + email.text.utf8.count)
        json.raw("{")
        json.member("eventName", name)
        json.name("email")
        email.write(into: &json)
        if semantics == .safe { json.member("id", email.id.description) }
        json.raw("}")
        return json.text
    }

    /// The mail of an event, validated; nil if the event has another name. An event without an id, as the talk's are, gets
    /// one from its position and bytes: the same in every process, each time it is read.
    static func email(of event: Event) throws -> Email? {
        let mail = try event.decode(MailEvent.self)
        guard mail.eventName.hasSameBytes(as: name) else { return nil }
        guard let fields = mail.email else { throw MissingEmail() }
        let id = mail.id.flatMap { EmailID($0) } ?? EmailID(digesting: Array("\(event.place) ".utf8) + event.bytes)
        return try Email(id: id, to: fields.to, subject: fields.subject, text: fields.text)
    }
}

struct MissingEmail: Error, CustomStringConvertible {
    let description = #"an emailEvent without "email":{"to":…,"subject":…,"text":…}"#
}
