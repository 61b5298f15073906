import BgdemoCore
import BgdemoEmail
import BgdemoFoundations

/// A mail on the channel: the talk's three keys, and after them the id, by which a duplicate is known.
enum PubSubMessage {
    static func text(of email: Email) -> String {
        var json = JSONWriter(capacity: 120 + email.text.utf8.count)
        json.object { email.writeMembers(into: &$0, includesID: true) }
        return json.text
    }

    /// The mail that a message asks for. Any program may publish, so the rules of requests hold. One without an id
    /// gets that of the message's bytes, which is the same for every subscriber.
    ///
    /// - Throws: ``InvalidMessage`` where it is not JSON of this form; ``InvalidEmail`` where a rule is broken.
    static func email(_ payload: [UInt8]) throws -> Email {
        guard let object = try? JSONValue(payload), let fields = EmailFields(object) else { throw InvalidMessage() }
        return try fields.email(carrier: payload)
    }
}

/// A message that is not a mail.
struct InvalidMessage: Error, CustomStringConvertible {
    let description = #"not a JSON object like {"to":"a@b.example","subject":"s","text":"t"}"#
}
