import BgdemoFoundations

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A mail as it came, and how it came. Its text is decoded when it is asked for.
public struct CaughtMail: Sendable, Identifiable {
    /// 1 for the first mail of an inbox, 2 for the second, …
    public internal(set) var id: Int
    /// When its final dot came.
    public let receivedAt: Date
    /// MAIL FROM; empty for `<>`.
    public let sender: String
    /// RCPT TO, those that were taken.
    public let recipients: [String]
    /// The message, dots unstuffed, every other byte as it came.
    public let raw: [UInt8]
    /// The number of the connection it came over, from 1.
    public let connection: Int
    public let usedTLS: Bool
    /// The user who had logged in; nil where none had.
    public let user: String?

    /// `Subject:`, its encoded words decoded (RFC 2047); empty where there is none.
    public var subject: String { header("Subject") ?? "" }
    public var from: String { header("From") ?? "" }
    public var to: String { header("To") ?? "" }
    /// `Message-ID:` as it stands, with its angle brackets.
    public var messageID: String? { header("Message-ID") }
    /// The text, its transfer encoding undone (RFC 2045); of several parts the first that is plain text.
    public var text: String { MIMEPart(raw[...]).text }

    /// The first header field of this name, unfolded, its encoded words decoded.
    public func header(_ name: String) -> String? {
        MIMEPart(raw[...]).field(name).map { EncodedWordDecoder.decode($0) }
    }

    /// At most `limit` characters of it, for a row of a list; what is cut ends in `…`.
    public func header(_ name: String, limit: Int) -> String {
        guard let field = MIMEPart(raw[...]).field(name) else { return "" }
        // An encoded character takes 16 bytes at most.
        let text = EncodedWordDecoder.decode(Array(field.prefix(limit * 16)))
        let start = text.unicodeScalars.prefix(limit)
        return start.count < text.unicodeScalars.count || field.count > limit * 16 ? String(start) + "…" : text
    }
}

extension CaughtMail {
    /// The same number for the same mail, however often it comes.
    var key: UInt64 {
        if let messageID = MIMEPart(raw[...]).field("Message-ID"), !messageID.isEmpty {
            return FNV1a.hash(messageID)
        }
        return FNV1a.hash(raw)
    }
}
