import BgdemoEmail
import QueueBus

/// The event `email_requested`: the talk's three attributes, and the id after them, by which a duplicate mail can be
/// recognized. A publisher may omit the id.
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

    /// The mail, validated. An event without an id gets one from its delivery: the same for each attempt.
    static func email(_ event: BusEvent) throws(InvalidEmail) -> Email {
        try EmailFields(
            to: event["to"] ?? "", subject: event["subject"] ?? "", text: event["text"] ?? "", id: event["id"]
        ).email(carrier: event.deliveryID.utf8)
    }
}
