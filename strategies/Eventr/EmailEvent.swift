import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import Eventr

/// A mail as an event: the talk's JSON, and after it the id. Events with other names are ignored.
///
///     {"eventName":"emailEvent","email":{"to":…,"subject":…,"text":…},"id":"01…"}
enum EmailEvent {
    static let name = "emailEvent"

    static func json(_ email: Email) -> String {
        var json = JSONWriter(capacity: 160 + email.text.utf8.count)
        json.object { json in
            json.member("eventName", name)
            json.name("email")
            json.object { email.writeMembers(into: &$0, includesID: false) }
            json.member("id", email.id)
        }
        return json.text
    }

    /// The mail that an event asks for, by all of its rules; nil where it is an event of another name. One without an
    /// id, as the talk's are, gets that of its place and bytes: the same in every process, each time it is read.
    ///
    /// - Throws: ``JSONError`` where it is no JSON; ``MissingEmail`` where it is no mail's; ``InvalidEmail`` where a rule is
    ///   broken.
    static func email(of event: Event) throws -> Email? {
        var (isMail, email, id): (Bool, JSONValue?, JSONValue?) = (false, nil, nil)
        for (key, value) in try JSONValue(event.bytes).members {
            switch key {
            case "eventName": isMail = value.text.map { $0.hasSameBytes(as: name) } ?? false
            case "email": email = value
            case "id": id = value.kind == .null ? nil : value
            default: continue
            }
        }
        guard isMail else { return nil }
        guard let email, let fields = EmailFields(email), id == nil || id?.text != nil else { throw MissingEmail() }
        return try EmailFields(to: fields.to, subject: fields.subject, text: fields.text, id: id?.text)
            .email(carrier: Array("\(event.place) ".utf8) + event.bytes)
    }
}

struct MissingEmail: Error, CustomStringConvertible {
    let description = #"an emailEvent without "email":{"to":…,"subject":…,"text":…}"#
}
