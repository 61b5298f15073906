import BgdemoEmail

/// What is known of a connection that libcurl is opening, from what goes over the wire: the stage it has come to, and
/// the server's last reply.
struct SMTPHandshake {
    /// `.connect` until the server's first reply or the client's first command.
    private(set) var stage = SMTPFailure.Stage.connect
    private(set) var capabilities = SMTPCapabilities()
    /// The server's last reply.
    private(set) var reply: SMTPReply?
    /// What the server said that is no reply. libcurl would go on to wait for one.
    private(set) var violation: String?
    private var parser = SMTPReplyParser()

    /// The client's next line, such as `EHLO client.example.org`. Of a password's lines only the kind is looked at.
    mutating func noteCommand(_ line: some Collection<UInt8>) {
        if line.starts(with: "EHLO".utf8) || line.starts(with: "HELO".utf8) {
            stage = .ehlo
        } else if line.starts(with: "STARTTLS".utf8) {
            stage = .starttls
        } else if line.starts(with: "AUTH".utf8) {
            stage = .auth
        }
    }

    /// The server's next bytes.
    mutating func noteReply(_ bytes: some Collection<UInt8>) {
        noteBanner()
        guard violation == nil else { return }
        parser.bytes.append(contentsOf: bytes)
        do {
            while let reply = try parser.next() { note(reply) }
        } catch {
            violation = error.description
            parser = SMTPReplyParser()
        }
    }

    /// The server has begun to speak.
    mutating func noteBanner() {
        if stage == .connect { stage = .banner }
    }

    private mutating func note(_ reply: SMTPReply) {
        self.reply = reply
        if stage == .banner {
            capabilities.banner = reply.text
        } else if stage == .ehlo, reply.isPositive {
            capabilities.extensions = Array(reply.lines.dropFirst())
        }
    }

    /// The connection is open.
    mutating func end(encrypted: Bool) {
        capabilities.isEncrypted = encrypted
    }

    /// The opening failed with libcurl's `reason`. Where the server refused, its reply says why. Either may pass, and no
    /// mail is to blame: a certificate, a password file, a firewall are put right while the mails wait.
    func outcome(stage: SMTPFailure.Stage, _ reason: String) -> SendOutcome {
        if violation == nil, let reply, reply.isRefusal { return reply.refusal(at: stage) }
        return .temporary(SMTPFailure(stage, reason))
    }
}
