package import BgdemoEmail
package import BgdemoFoundations
package import BgdemoTraceContext
package import NIOCore

/// A mail as a line, without its line end. It is written once, where the mail was asked for, and travels and is kept
/// byte by byte until it is read where the mail is sent.
///
///     {"mail":"01…","to":"…","subject":"…","text":"…"}
///
/// Where mails are traced, `traceparent` and `tracestate` follow.
package struct MailLine: Sendable, Equatable {
    package let id: EmailID
    package let bytes: ByteBuffer

    /// - Parameter trace: What the line carries of a trace. Default: nothing.
    package static func text(of email: Email, _ trace: TraceFields = TraceFields()) -> String {
        var json = JSONWriter(capacity: 128 + email.text.utf8.count)
        json.raw("{")
        json.member("mail", "\(email.id)")
        json.member("to", email.to.text)
        json.member("subject", email.subject)
        json.member("text", email.text)
        trace.write(into: &json)
        json.raw("}")
        return json.text
    }

    package init(_ id: EmailID, _ bytes: ByteBuffer) {
        self.id = id
        self.bytes = bytes
    }

    /// Nil where the line is not a mail's. No more of it is read than the id.
    package init?(_ bytes: ByteBuffer) {
        var reader = JSONReader(Array(bytes.readableBytesView))
        guard let first = try? reader.firstMember() else { return nil }
        self.init(bytes, first: first)
    }

    /// - Parameter first: The line's first field, which has been read.
    package init?(_ bytes: ByteBuffer, first: JSONReader.Member) {
        guard first.name.isString("mail"), let id = first.value.emailID,
            bytes.readableBytesView.last == UInt8(ascii: "}")
        else { return nil }
        self.init(id, bytes)
    }

    package var trace: TraceFields { TraceFields(of: Array(bytes.readableBytesView)) }

    /// The mail, checked again by all of its rules.
    package func email() throws(InvalidEmail) -> Email {
        guard let fields = try? JSONObject(Array(bytes.readableBytesView)), let to = fields["to"]?.text,
            let subject = fields["subject"]?.text, let text = fields["text"]?.text
        else { throw InvalidEmail(.text, "the message is garbled") }
        return try EmailFields(to: to, subject: subject, text: text, id: id.description)
            .email(carrier: bytes.readableBytesView)
    }

    /// The same, copied where the read that brought it is much larger, which it would keep in memory.
    package var alone: MailLine {
        guard bytes.storageCapacity > 4 * bytes.readableBytes else { return self }
        return MailLine(id, ByteBuffer(bytes: bytes.readableBytesView))
    }
}

extension JSONValue {
    package var emailID: EmailID? { text.flatMap { EmailID($0) } }
}

extension JSONReader {
    /// The first member of the object; nil where it has none.
    package mutating func firstMember() throws(JSONError) -> Member? {
        try beginObject()
        return try nextMember()
    }
}
