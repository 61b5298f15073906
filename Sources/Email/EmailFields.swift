public import BgdemoFoundations

/// A mail as it stands on a wire, before its rules are applied. Every strategy reads and writes mails through it, so that
/// there is one form and one rule for a missing id.
///
///     {"to":"you@example.org","subject":"Hello","text":"Hi.\n","id":"01…"}
public struct EmailFields: Sendable {
    public let to: String
    public let subject: String
    public let text: String
    /// As it came: it may be no ``EmailID``.
    public let id: String?

    public init(to: String, subject: String, text: String, id: String?) {
        (self.to, self.subject, self.text, self.id) = (to, subject, text, id)
    }

    /// The fields of a JSON object. Other members are passed over, and of two with one name the last counts.
    ///
    /// Nil where it is no object, where `to`, `subject` or `text` is missing or no string, and where `id` is there and
    /// neither a string nor null.
    public init?(_ object: JSONValue) {
        var (to, subject, text): (String?, String?, String?)
        var id: JSONValue?
        for (name, value) in object.members {
            switch name {
            case "to": to = value.text
            case "subject": subject = value.text
            case "text": text = value.text
            case "id": id = value.kind == .null ? nil : value
            default: continue
            }
        }
        guard let to, let subject, let text else { return nil }
        let isValid = id.map { $0.text != nil } ?? true
        guard isValid else { return nil }
        self.init(to: to, subject: subject, text: text, id: id?.text)
    }

    /// The mail, by all of its rules. One without an id, or with one that is no ``EmailID``, gets an id of what carries it:
    /// the same in every process and at every attempt, so that all copies of one message have one Message-ID.
    ///
    /// - Parameter carrier: The bytes by which every process knows the message: all of them, or those of its place.
    /// - Throws: ``InvalidEmail`` where a rule is broken.
    public func email(carrier: @autoclosure () -> some Sequence<UInt8>) throws(InvalidEmail) -> Email {
        let id = id.flatMap { EmailID($0) } ?? EmailID(digesting: carrier())
        return try Email(id: id, to: to, subject: subject, text: text)
    }
}

extension Email {
    /// Writes the fields as members of the object that is being written: `"to":…,"subject":…,"text":…`.
    ///
    /// - Parameter includesID: Whether `,"id":…` follows.
    public func writeMembers(into json: inout JSONWriter, includesID: Bool) {
        json.member("to", to.text)
        json.member("subject", subject)
        json.member("text", text)
        if includesID { json.member("id", id) }
    }
}
