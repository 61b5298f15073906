package import BgdemoEmail
import BgdemoFoundations
package import NIOCore

/// A mail as a line, without its line end. It is written once, where the mail was asked for, and travels and is kept
/// byte by byte until it is read where the mail is sent.
///
///     {"mail":"01…","to":"…","subject":"…","text":"…"}
package struct MailLine: Sendable, Equatable {
    package let id: EmailID
    package let bytes: ByteBuffer

    package static func text(of email: Email) -> String {
        var json = JSONText(capacity: 128 + email.text.utf8.count)
        json.raw("{")
        json.field("mail", "\(email.id)")
        json.field("to", email.to.text)
        json.field("subject", email.subject)
        json.field("text", email.text)
        json.raw("}")
        return json.text
    }

    package init(_ id: EmailID, _ bytes: ByteBuffer) {
        self.id = id
        self.bytes = bytes
    }

    /// Nil where the line is not a mail's. No more of it is read than the id.
    package init?(_ bytes: ByteBuffer) {
        guard var fields = FlatJSON(bytes), let first = fields.next() else { return nil }
        self.init(bytes, first: first)
    }

    /// - Parameter first: The line's first field, which has been read.
    package init?(_ bytes: ByteBuffer, first: FlatJSON.Field) {
        guard first.key == "mail", let id = first.value.id, bytes.readableBytesView.last == UInt8(ascii: "}")
        else { return nil }
        self.init(id, bytes)
    }

    /// The mail, made anew by the rules of the door.
    package func email() throws(InvalidEmail) -> Email {
        var values: [String: FlatJSON.Value] = [:]
        guard var fields = FlatJSON(bytes) else { throw InvalidEmail(.text, "the message is garbled") }
        while let field = fields.next() { values[field.key] = field.value }
        guard fields.isComplete, let to = values["to"]?.text, let subject = values["subject"]?.text,
            let text = values["text"]?.text
        else { throw InvalidEmail(.text, "the message is garbled") }
        return try Email(id: id, to: to, subject: subject, text: text)
    }

    /// The same, copied where the read that brought it is much larger, which it would keep in memory.
    package var alone: MailLine {
        guard bytes.storageCapacity > 4 * bytes.readableBytes else { return self }
        return MailLine(id, ByteBuffer(bytes: bytes.readableBytesView))
    }
}

extension FlatJSON.Value {
    package var id: EmailID? { text.flatMap { EmailID($0) } }
}
