/// A part of a mail that is not made of other parts: a text, a picture, an attachment.
public struct MailPart: Sendable {
    /// 1 for the first.
    public let number: Int
    /// In lower case, such as `image/png`.
    public let type: String
    /// Of `Content-Disposition` or `Content-Type`; empty where neither has one.
    public let name: String
    public let isAttachment: Bool
    private let part: MIMEPart

    fileprivate init(number: Int, _ part: MIMEPart) {
        let type = MIMEParameters(part.field("Content-Type") ?? [])
        let disposition = MIMEParameters(part.field("Content-Disposition") ?? [])
        self.number = number
        self.part = part
        self.type = type.value.isEmpty ? "text/plain" : String(decoding: type.value, as: UTF8.self)
        name = EncodedWordDecoder.decode(disposition.parameter("filename") ?? type.parameter("name") ?? [])
        isAttachment = part.isAttachment
    }

    /// The content, its transfer encoding undone.
    public var bytes: [UInt8] {
        TransferEncoding(part.field("Content-Transfer-Encoding") ?? []).decode(part.rest)
    }

    /// How many bytes the mail has of it, which is more than ``bytes`` where it is encoded.
    public var encodedBytes: Int { part.rest.count }
}

extension CaughtMail {
    /// At most 100 parts, from the first on.
    public var parts: [MailPart] {
        var leaves: [MIMEPart] = []
        MIMEPart(raw[...]).collect(into: &leaves, depth: 0)
        return leaves.enumerated().map { MailPart(number: $0 + 1, $1) }
    }

    /// The header as it stands.
    public var headerText: String { MIMEPart(raw[...]).headerText }

    /// The plain text of at most `limit` encoded bytes, or where there is none the HTML; and whether that is all of it.
    public func text(limit: Int) -> (text: String, isWhole: Bool) { MIMEPart(raw[...]).text(limit: limit) }

    /// Whether it has a plain text.
    public var hasText: Bool { MIMEPart(raw[...]).textPart("text/plain", depth: 0) != nil }

    /// The first HTML that is no attachment, of at most `limit` encoded bytes; nil where there is none.
    public func html(limit: Int) -> String? {
        MIMEPart(raw[...]).textPart("text/html", depth: 0)?.text(limit: limit).text
    }
}

extension MIMEPart {
    fileprivate func collect(into leaves: inout [MIMEPart], depth: Int) {
        let type = MIMEParameters(field("Content-Type") ?? [])
        guard leaves.count < Self.mostParts else { return }
        guard type.value.starts(with: "multipart/".utf8), depth < Self.deepest,
            let boundary = type.parameter("boundary"), !boundary.isEmpty
        else { return leaves.append(self) }
        for part in Self.split(rest, Array("--".utf8) + boundary) {
            MIMEPart(part).collect(into: &leaves, depth: depth + 1)
        }
    }
}
