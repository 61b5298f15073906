import BgdemoFoundations
import BgdemoEmail
import BgdemoNetSupport
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One mail: MAIL, RCPT, DATA and the text.
extension SMTPSession {
    mutating func mail(_ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard state.hasGreeted else { return mistake("503 5.5.1 EHLO first", &out) }
        guard state.envelope == nil else { return mistake("503 5.5.1 a mail is under way; RSET forgets it", &out) }
        guard user != nil || !inbox.settings.requireAuth else { return mistake("530 5.7.0 log in first", &out) }
        guard let from = PathArgument(argument, after: "FROM:") else {
            return mistake("501 5.5.4 the command is MAIL FROM:<you@example.org>", &out)
        }
        var takesUTF8 = false
        if from.hasParameters {
            for (name, value) in from.parameters {
                switch (name, value) {
                case ("SIZE", let size?) where !size.isEmpty && size.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
                    guard let size = Int(size), size <= inbox.settings.maxSize else {
                        return reply("552 5.3.4 at most \(inbox.settings.maxSize) bytes are taken\r\n", &out)
                    }
                case ("BODY", let body?)
                where ["7BIT", "8BITMIME"].contains(where: { body.equalsIgnoringASCIICase($0) }): continue
                case ("SMTPUTF8", nil): takesUTF8 = true
                case ("AUTH", _?): continue
                case ("SIZE", _), ("BODY", _), ("SMTPUTF8", _), ("AUTH", _):
                    return mistake("501 5.5.4 the parameter \(name) is malformed", &out)
                default:
                    return mistake("555 5.5.4 the parameters of MAIL are SIZE, BODY, SMTPUTF8 and AUTH", &out)
                }
            }
        }
        if !from.path.isEmpty, let refusal = refusal(of: from.path, takesUTF8) { return mistake(refusal, &out) }
        if let rateLimit = inbox.rateLimit, rateLimit.wait() != nil {
            out.writeString("421 4.7.0 too many mails a second; come again later\r\n")
            return .close
        }
        let number = inbox.nextTransaction()
        if let step = fault(at: .mail, UInt64(number), &out) { return step }
        state.begin(SMTPSessionState.Envelope(sender: from.path, number: number, takesUTF8: takesUTF8))
        return reply("250 2.1.0 OK\r\n", &out)
    }

    mutating func rcpt(_ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard let envelope = state.envelope else { return mistake("503 5.5.1 MAIL first", &out) }
        guard let to = PathArgument(argument, after: "TO:") else {
            return mistake("501 5.5.4 the command is RCPT TO:<you@example.org>", &out)
        }
        guard !to.hasParameters else { return mistake("555 5.5.4 RCPT has no parameters here", &out) }
        if !to.path.equalsIgnoringASCIICase("postmaster"), let refusal = refusal(of: to.path, envelope.takesUTF8) {
            return mistake(refusal, &out)
        }
        guard envelope.recipients.count < inbox.settings.maxRecipients else {
            return reply("452 4.5.3 \(inbox.settings.maxRecipients) recipients are enough\r\n", &out)
        }
        let asked = envelope.asked
        state.update { $0.asked += 1 }
        let key = UInt64(envelope.number) ^ SeededRandom.mix(UInt64(asked))
        if let step = fault(at: .rcpt, key, &out) { return step }
        let rule = AddressRule(to.path)
        if let refusal = rule.refusal { return Self.perform(refusal, "the address asked for it", &out) }
        state.update { envelope in
            envelope.recipients.append(to.path)
            if rule.failsOnce { envelope.failsOnce.append(to.path) }
            envelope.slowness = max(envelope.slowness, rule.slowness)
        }
        return reply("250 2.1.5 OK\r\n", &out)
    }

    private func refusal(of path: String, _ takesUTF8: Bool) -> String? {
        guard takesUTF8 || path.utf8.allSatisfy({ $0 < 0x80 }) else {
            return "553 5.6.7 an address beyond ASCII needs SMTPUTF8 after MAIL"
        }
        do throws(InvalidEmail) {
            _ = try Address(path)
            return nil
        } catch {
            return "501 5.1.3 \(error.reason)"
        }
    }

    mutating func data(_ out: inout ByteBuffer) -> Step {
        guard let envelope = state.envelope, envelope.asked > 0 else {
            return mistake("503 5.5.1 MAIL and RCPT first", &out)
        }
        guard !envelope.recipients.isEmpty else { return mistake("554 5.5.1 no recipient was taken", &out) }
        if let step = fault(at: .data, UInt64(envelope.number), &out) { return step }
        state.beginText(MailDataReader(limit: inbox.settings.maxSize))
        return reply("354 end the text with a line that is one dot\r\n", &out)
    }

    mutating func readText(_ input: inout ByteBuffer, _ out: inout ByteBuffer) -> Step {
        guard case (let envelope, var reader)? = state.takeText() else { return .needsMore }
        let isWhole = reader.read(&input)
        if !reserve(reader.text.count) { reader.refuse(.noSpace) }
        guard isWhole else {
            state.resumeText(envelope, reader)
            return .needsMore
        }
        if let refusal = reader.refusal {
            inbox.release(reserved)
            reserved = 0
            return switch refusal {
            case .tooLong: reply("552 5.3.4 at most \(inbox.settings.maxSize) bytes are taken\r\n", &out)
            case .noSpace: reply("452 4.3.1 too many big mails at once; come again later\r\n", &out)
            }
        }
        mistakes = 0
        let mail = CaughtMail(
            id: 0, receivedAt: .now, sender: envelope.sender, recipients: envelope.recipients, raw: reader.exactText,
            connection: number, usedTLS: usesTLS, user: user)
        defer { reserved = 0 }
        return .received(
            ReceivedMail(mail: mail, slowness: envelope.slowness, failsOnce: envelope.failsOnce, reserved: reserved))
    }

    private mutating func reserve(_ bytes: Int) -> Bool {
        guard bytes > reserved + Self.reservation else { return true }
        guard inbox.reserve(bytes - reserved) else { return false }
        reserved = bytes
        return true
    }
}
