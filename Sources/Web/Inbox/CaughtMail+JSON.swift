import BgdemoFoundations
import BgdemoSMTPInbox

extension CaughtMail {
    /// Writes the fields of its JSON object that a list has too.
    ///
    /// - Parameter limit: Characters of a header field; nil for all of them.
    func write(into json: inout JSONWriter, limit: Int? = nil) {
        json.member("id", id)
        json.member("receivedAt", Timestamp(receivedAt).iso8601)
        json.member("sender", sender)
        json.name("recipients")
        json.raw("[")
        for (place, recipient) in recipients.enumerated() {
            if place > 0 { json.raw(",") }
            json.string(recipient)
        }
        json.raw("]")
        for (key, name) in [("from", "From"), ("to", "To"), ("subject", "Subject"), ("messageID", "Message-ID")] {
            json.member(key, limit.map { header(name, limit: $0) } ?? header(name) ?? "")
        }
        json.member("bytes", raw.count)
        json.member("connection", connection)
        json.name("usedTLS")
        json.raw(usedTLS ? "true" : "false")
        if let user { json.member("user", user) }
    }

    /// The object of one mail, with its text.
    var json: String {
        var json = JSONWriter()
        json.raw("{")
        write(into: &json)
        json.member("text", text)
        json.raw("}\n")
        return json.text
    }
}
