#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An e-mail as RFC 5322 writes it: headers, an empty line, the text; every line ends with CRLF. Dots at line starts
/// are left to the SMTP client.
public struct Message: Sendable {
    /// The whole message.
    public let bytes: [UInt8]
    /// The name by which a twin can be told: `<ID@domain of the sender>`.
    public let messageID: String

    /// - Parameter date: Written as the time zone +0000.
    public init(_ email: Email, from: Address, date: Date = Date()) {
        messageID = "<\(email.id)@\(from.domain.hasPrefix("[") ? "bgdemo.invalid" : from.domain)>"
        let body = BodyEncoding.best(for: email.text)
        var lines: [String] = []
        lines.append("From: <\(from.mailbox)>")
        lines.append("To: <\(email.to.mailbox)>")
        lines.append("Subject: " + EncodedWord.header("Subject", email.subject))
        lines.append("Date: " + Self.rfc5322(date))
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

    /// `Tue, 24 Nov 2026 04:55:54 +0000`
    static func rfc5322(_ date: Date) -> String {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        // Civil from days (Howard Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days % 7]
        let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
        let clock = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(weekday), \(day < 10 ? "0" : "")\(day) \(name) \(year) \(clock.joined(separator: ":")) +0000"
    }
}
