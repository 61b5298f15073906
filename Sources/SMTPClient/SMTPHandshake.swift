import BgdemoEmail

/// What is known of a connection that libcurl is opening, heard from what goes over the wire: the stage it has come
/// to, and the server's last word.
struct SMTPHandshake {
    /// `.connect` until the server's first reply or the client's first command.
    private(set) var stage = SMTPFailure.Stage.connect
    private(set) var offer = SMTPCapabilities()
    /// The server's last reply.
    private(set) var reply: SMTPReply?
    private var parser = SMTPReplyParser()

    /// The client's next line, such as `EHLO client.example.org`. Of a password's lines only the kind is looked at.
    mutating func clientSaid(_ line: some Collection<UInt8>) {
        let verb = String(decoding: line.prefix(8), as: UTF8.self)
        if verb.hasPrefix("EHLO") || verb.hasPrefix("HELO") {
            stage = .ehlo
        } else if verb == "STARTTLS" {
            stage = .starttls
        } else if verb.hasPrefix("AUTH") {
            stage = .auth
        }
    }

    /// The server's next bytes. What is no reply is libcurl's to refuse; here it is passed over.
    mutating func serverSaid(_ bytes: some Collection<UInt8>) {
        if stage == .connect { stage = .banner }
        parser.bytes.append(contentsOf: bytes)
        do {
            while let reply = try parser.next() { note(reply) }
        } catch {
            parser = SMTPReplyParser()
        }
    }

    private mutating func note(_ reply: SMTPReply) {
        self.reply = reply
        if stage == .banner {
            offer.banner = reply.text
        } else if stage == .ehlo, reply.isPositive {
            offer.extensions = Array(reply.lines.dropFirst())
        }
    }

    /// The connection is open.
    mutating func end(encrypted: Bool) {
        offer.isEncrypted = encrypted
    }

    /// The opening failed with libcurl's `reason`. Where the server refused, its code decides; else it may pass: a
    /// certificate, a password file, a firewall are put right while the mail waits.
    func outcome(stage: SMTPFailure.Stage, _ reason: String) -> SendOutcome {
        if let reply, reply.isRefusal { return reply.refusal(at: stage) }
        return .temporary(SMTPFailure(stage, reason))
    }
}
