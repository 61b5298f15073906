import NIOCore

/// Before the mails: EHLO, STARTTLS (RFC 3207), AUTH (RFC 4954).
extension SMTPSession {
    mutating func hello(isExtended: Bool, _ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard !argument.allSatisfy({ $0 == 0x20 }) else {
            return mistake("501 5.5.4 the command is EHLO and a name", &out)
        }
        if let step = fault(at: .ehlo, UInt64(number), &out) { return step }
        state.greet()
        let settings = inbox.settings
        guard isExtended else { return reply("250 \(settings.name)\r\n", &out) }
        out.writeString("250-\(settings.name)\r\n250-PIPELINING\r\n250-SIZE \(settings.maxSize)\r\n")
        if offersTLS { out.writeString("250-STARTTLS\r\n") }
        if settings.auth != nil, usesTLS || settings.tls == nil { out.writeString("250-AUTH PLAIN LOGIN\r\n") }
        return reply("250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n", &out)
    }

    private var offersTLS: Bool { inbox.settings.tls != nil && !usesTLS }

    mutating func startTLS(_ out: inout ByteBuffer) -> Step {
        guard offersTLS else {
            return mistake(usesTLS ? "503 5.5.1 TLS has begun already" : "502 5.5.1 there is no TLS here", &out)
        }
        guard state.hasGreeted else { return mistake("503 5.5.1 EHLO first", &out) }
        if let step = fault(at: .starttls, UInt64(number), &out) { return step }
        out.writeString("220 2.0.0 go ahead\r\n")
        return .startTLS
    }

    mutating func auth(_ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard let credentials = inbox.settings.auth else {
            return mistake("502 5.5.1 there is nothing to log in to", &out)
        }
        guard !offersTLS else { return mistake("538 5.7.11 STARTTLS first", &out) }
        guard case .greeted = state, user == nil else {
            return mistake("503 5.5.1 AUTH comes once, after EHLO and before MAIL", &out)
        }
        if let step = fault(at: .auth, UInt64(number), &out) { return step }
        return perform(SASLServer.begin(argument, credentials), &out)
    }

    mutating func perform(_ step: SASLServer.Step, _ out: inout ByteBuffer) -> Step {
        switch step {
        case .ask(let challenge, let login):
            state.ask(login)
            return reply("334 \(challenge)\r\n", &out)
        case .accept(let name):
            user = name
            return reply("235 2.7.0 logged in\r\n", &out)
        case .refuse(let line):
            return mistake(line, &out)
        }
    }
}
