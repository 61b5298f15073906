import NIOCore

/// One client's conversation by RFC 5321: bytes in, replies out. It knows no socket and no clock.
struct SMTPSession {
    /// What the connection is to do next.
    enum Step {
        /// Bring more bytes.
        case needsMore
        /// Nothing: the reply is written.
        case goOn
        /// Answer for this mail, then go on.
        case caught(ReceivedMail)
        /// Send the reply, then begin TLS.
        case startTLS
        /// Send the replies, then close.
        case close
        /// Close, no matter what the client hears.
        case drop
        /// Fall silent.
        case hang
    }

    enum State {
        case command
        /// The banner was a refusal: only QUIT is left (RFC 5321, section 3.1).
        case refused
        case login(SASLExchange)
        case text(MailDataReader)
    }

    /// Of one mail, between MAIL and its end.
    struct Envelope {
        let sender: String
        let number: Int
        let takesUTF8: Bool
        var recipients: [String] = []
        var asked = 0
        var slowness = Duration.zero
        var failsOnce: [String] = []
    }

    let inbox: InboxContext
    /// The connection's, from 1.
    let number: Int
    var state = State.command
    var hasGreeted = false
    var envelope: Envelope?
    var user: String?
    var usesTLS: Bool
    var mistakes = 0
    private var skipsLine = false
    var reserved = 0

    /// Wrong commands until the client is sent away.
    private static let patience = 20
    /// Memory for texts is reserved in steps of this; a text up to the first needs none.
    static let reservation = 256 << 10

    init(number: Int, inbox: InboxContext) {
        self.number = number
        self.inbox = inbox
        usesTLS = inbox.settings.tls?.isImplicit ?? false
    }

    /// Which of the time limits runs.
    var isReadingText: Bool { if case .text = state { true } else { false } }

    /// The banner.
    mutating func greet(_ out: inout ByteBuffer) -> Step {
        if let step = fault(at: .banner, UInt64(number), &out) {
            state = .refused
            return step
        }
        out.writeString("220 \(inbox.settings.name) ESMTP bgdemo inbox\r\n")
        return .goOn
    }

    /// Begins anew after TLS did: all that was said before is forgotten (RFC 3207, section 4.2).
    mutating func restartUnderTLS() {
        usesTLS = true
        hasGreeted = false
        envelope = nil
        user = nil
    }

    /// Gives back what it holds; nothing comes after it.
    mutating func end() {
        inbox.release(reserved)
        reserved = 0
        state = .refused
    }

    /// Reads one command, or what there is of a text.
    mutating func next(_ input: inout ByteBuffer, _ out: inout ByteBuffer) -> Step {
        if isReadingText { return readText(&input, &out) }
        guard let line = readLine(&input) else { return .needsMore }
        guard let line else { return mistake("500 5.5.2 the line is too long", &out) }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            return mistake("500 5.5.2 a line ends with CR LF and has no other control character in it", &out)
        }
        if case .login(let login) = state {
            state = .command
            return go(on: login.answered(line), &out)
        }
        return obey(SMTPCommand(line), length: line.count + 2, &out)
    }

    /// One line without its CR LF (or a broken one with what is wrong in it); nil inside where it was too long, nil
    /// where it is not whole.
    private mutating func readLine(_ input: inout ByteBuffer) -> ByteBufferView?? {
        let bytes = input.readableBytesView
        guard let end = bytes.firstIndex(of: 0x0a) else {
            if bytes.count >= SMTPCommand.longest {
                skipsLine = true
                input.moveReaderIndex(to: input.writerIndex)
            }
            return .none
        }
        input.moveReaderIndex(to: end + 1)
        if skipsLine {
            skipsLine = false
            return .some(nil)
        }
        guard end - bytes.startIndex < SMTPCommand.longest else { return .some(nil) }
        let hasCR = end > bytes.startIndex && bytes[end - 1] == 0x0d
        return .some(hasCR ? bytes[bytes.startIndex..<(end - 1)] : bytes[bytes.startIndex...end])
    }

    private mutating func obey(_ command: SMTPCommand, length: Int, _ out: inout ByteBuffer) -> Step {
        guard length <= command.limit else { return mistake("500 5.5.2 the line is too long", &out) }
        if case .refused = state, command.verb != .quit { return mistake("503 5.5.1 only QUIT is left", &out) }
        let argument = command.argument
        switch command.verb {
        case .rcpt: return rcpt(argument, &out)
        case .mail: return mail(argument, &out)
        case .data: return argument.isEmpty ? data(&out) : takesNoArgument(&out)
        case .rset:
            guard argument.isEmpty else { return takesNoArgument(&out) }
            envelope = nil
            return reply("250 2.0.0 OK\r\n", &out)
        case .ehlo, .helo: return hello(isExtended: command.verb == .ehlo, argument, &out)
        case .quit:
            guard argument.isEmpty else { return takesNoArgument(&out) }
            out.writeString("221 2.0.0 bye\r\n")
            return .close
        case .noop: return reply("250 2.0.0 OK\r\n", &out)
        case .auth: return auth(argument, &out)
        case .startTLS: return argument.isEmpty ? startTLS(&out) : takesNoArgument(&out)
        case .vrfy:
            guard !argument.isEmpty else { return mistake("501 5.5.4 VRFY whom?", &out) }
            return reply("252 2.5.0 send some mail and see\r\n", &out)
        case .help: return reply("214 2.0.0 RFC 5321 says it all\r\n", &out)
        case .expn, .etrn, .bdat, .turn: return mistake("502 5.5.1 this command is not implemented", &out)
        case nil: return mistake("500 5.5.1 there is no such command", &out)
        }
    }

    // MARK: Replies

    func reply(_ line: String, _ out: inout ByteBuffer) -> Step {
        out.writeString(line)
        return .goOn
    }

    /// Refuses, and counts; whoever does nothing right is sent away.
    mutating func mistake(_ line: String, _ out: inout ByteBuffer) -> Step {
        mistakes += 1
        for scalar in line.unicodeScalars { out.writeString(scalar.isASCII ? String(scalar) : "...") }
        out.writeString("\r\n")
        guard mistakes >= Self.patience else { return .goOn }
        out.writeString("421 4.7.0 too many errors\r\n")
        return .close
    }

    private mutating func takesNoArgument(_ out: inout ByteBuffer) -> Step {
        mistake("501 5.5.4 this command takes no argument", &out)
    }

    func fault(at stage: InboxFault.Stage, _ key: UInt64, _ out: inout ByteBuffer) -> Step? {
        guard let action = inbox.faultPlan.fault(at: stage, key: key) else { return nil }
        return Self.perform(action, "a fault at \(stage.rawValue) was asked for", &out)
    }

    static func perform(_ action: InboxFault.Action, _ reason: String, _ out: inout ByteBuffer) -> Step {
        switch action {
        case .reply(let code):
            out.writeString("\(code) \(code / 100).3.0 \(reason)\r\n")
            return code == 421 ? .close : .goOn
        case .drop: return .drop
        case .hang: return .hang
        }
    }
}
