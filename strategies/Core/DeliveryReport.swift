import BgdemoFoundations

/// What a line of a process' log says about one mail: a program that has started the process follows its mails by them. The
/// process logs so with `--log-level debug --log-format json`.
public struct DeliveryReport: Sendable, Hashable {
    /// What happened to the mail in the process.
    public enum Event: Sendable, Hashable, CaseIterable {
        /// The process has it in hand.
        case accepted
        case tried
        case sent
        case perhapsSent
        case failed

        /// What the message of the log begins with. The recipient follows.
        var sentence: String {
            switch self {
            case .accepted: "Accepted an email to "
            case .tried: "Trying to send an email to "
            case .sent: "Sent an email to "
            case .perhapsSent: "Perhaps sent an email to "
            case .failed: "Failed to send an email to "
            }
        }
    }

    public let event: Event
    public let recipient: String
    /// The process that a master wrote the line for; nil where the process wrote it itself.
    public let pid: Int32?

    /// Reads a line; nil where it tells nothing of a mail.
    public init?(logLine: String) {
        let line = logLine.utf8
        guard let start = ByteString(logLine).firstRange(of: #""message":""#)?.upperBound else { return nil }
        var message = line.dropFirst(start)
        var pid: Int32?
        // `[email worker @ 4711] `
        if message.first == UInt8(ascii: "["), let end = message.firstIndex(of: UInt8(ascii: "]")) {
            let digits = message[..<end].reversed().prefix { (0x30...0x39).contains($0) }.reversed()
            pid = Int32(String(decoding: digits, as: UTF8.self))
            message = message[end...].dropFirst(2)
        }
        guard let event = Event.allCases.first(where: { message.starts(with: $0.sentence.utf8) }) else { return nil }
        self.event = event
        self.pid = pid
        let rest = message.dropFirst(event.sentence.utf8.count)
        recipient = String(decoding: rest.prefix { !#" :"\"#.utf8.contains($0) }, as: UTF8.self)
    }
}
