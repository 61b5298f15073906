import BgdemoEmail
import QueueBus

/// The event `email_requested`: the talk's three keys, and after them the id, by which a twin can be told. Whoever
/// publishes one may leave the id out.
enum EmailRequested {
    static let type = "email_requested"
    static let matcher = Matcher(eventType: type)

    static func event(_ email: Email) -> BusEvent {
        var event = BusEvent()
        event.set("to", email.to.text)
        event.set("subject", email.subject)
        event.set("text", email.text)
        event.set("id", "\(email.id)")
        return event
    }

    /// The mail, by all of its rules. One without an id gets that of its delivery, which attempts and crashes do not
    /// change.
    static func email(_ event: BusEvent) throws(InvalidEmail) -> Email {
        let id = event["id"].flatMap { EmailID($0) } ?? EmailID(digesting: event.deliveryID.utf8)
        return try Email(id: id, to: event["to"] ?? "", subject: event["subject"] ?? "", text: event["text"] ?? "")
    }
}
