import BgdemoEmail
import BgdemoCore
import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A mail on the channel: the talk's three keys, and after them the id, by which a twin can be told.
struct PubSubMessage: Decodable {
    let to: String
    let subject: String
    let text: String
    let id: String?

    static func text(of email: Email, _ semantics: Semantics) -> String {
        var json = JSONWriter(capacity: 120 + email.text.utf8.count)
        json.raw("{")
        json.member("to", email.to.text)
        json.member("subject", email.subject)
        json.member("text", email.text)
        if semantics == .safe { json.member("id", email.id.description) }
        json.raw("}")
        return json.text
    }

    /// The mail that a message asks for. Anybody may publish: it passes the rules that a request does.
    ///
    /// - Throws: ``InvalidMessage`` where it is no JSON of this shape; ``InvalidEmail`` where a rule is broken.
    static func email(_ payload: [UInt8]) throws -> Email {
        let message: PubSubMessage
        do {
            message = try JSONDecoder().decode(PubSubMessage.self, from: Data(payload))
        } catch {
            throw InvalidMessage()
        }
        let id = message.id.flatMap { EmailID($0) } ?? EmailID()
        return try Email(id: id, to: message.to, subject: message.subject, text: message.text)
    }
}

/// A message that is none of ours.
struct InvalidMessage: Error, CustomStringConvertible {
    let description = #"not a JSON object like {"to":"a@b.example","subject":"s","text":"t"}"#
}
