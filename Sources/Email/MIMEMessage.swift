import BgdemoFoundations

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An e-mail as RFC 5322 writes it: headers, an empty line, the text; every line ends with CRLF. Dots at line starts
/// are left to the SMTP client.
public struct MIMEMessage: Sendable {
    /// The whole message.
    public let bytes: [UInt8]
    /// The name by which a duplicate is known: `<ID@domain of the sender>`.
    public let messageID: String

    /// - Parameter date: Written as the time zone +0000.
    public init(_ email: Email, from: Address, date: Date = .now) {
        messageID = "<\(email.id)@\(from.domain.hasPrefix("[") ? "bgdemo.invalid" : from.domain)>"
        let body = BodyEncoding.best(for: email.text)
        var lines: [String] = []
        lines.append("From: <\(from.mailbox)>")
        lines.append("To: <\(email.to.mailbox)>")
        lines.append("Subject: " + EncodedWord.header("Subject", email.subject))
        lines.append("Date: " + Timestamp(date).rfc5322)
        lines.append("Message-ID: \(messageID)")
        lines.append("X-Mailer: bgdemo")
        lines.append("MIME-Version: 1.0")
        lines.append("Content-Type: text/plain; charset=utf-8")
        lines.append("Content-Transfer-Encoding: \(body.name)")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512 + email.text.utf8.count * 4 / 3)
        for line in lines {
            bytes.append(contentsOf: line.utf8)
            bytes.append(contentsOf: [0x0d, 0x0a])
        }
        bytes.append(contentsOf: [0x0d, 0x0a])
        body.encode(email.text, into: &bytes)
        self.bytes = bytes
    }
}
