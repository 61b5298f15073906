import NIOCore

/// One client's session by RFC 5321: bytes in, replies out. It knows no socket and no clock; ``SMTPSessionState`` has its
/// transitions.
struct SMTPSession {
    /// What the connection does next.
    enum Step {
        /// Brings more bytes.
        case needsMore
        /// Nothing: the reply is written.
        case goOn
        /// Answers for this mail, then goes on.
        case received(ReceivedMail)
        /// Sends the reply, then begins TLS.
        case startTLS
        /// Sends the replies, then closes.
        case close
        /// Closes, whether or not the client has had its replies.
        case drop
        /// Answers nothing any more.
        case hang
    }

    let inbox: InboxContext
    /// The connection's, from 1.
    let number: Int
    var state = SMTPSessionState.connected
    var user: String?
    var usesTLS: Bool
    var mistakes = 0
    private var skipsLine = false
    /// Bytes of memory that are reserved for the text.
    var reserved = 0

    /// Wrong commands without a mail in between, after which the session is closed.
    private static let mostMistakes = 20
    /// Memory for texts is reserved in steps of this. A text up to the first needs none.
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
            state.refuse()
            return step
        }
        out.writeString("220 \(inbox.settings.name) ESMTP bgdemo inbox\r\n")
        return .goOn
    }

    /// Begins anew after TLS did.
    mutating func restartUnderTLS() {
        state.restart()
        (usesTLS, user) = (true, nil)
    }

    /// Gives back what it holds. Nothing comes after it.
    mutating func end() {
        inbox.release(reserved)
        reserved = 0
        state.refuse()
    }

    /// Reads one command, or what there is of a text.
    mutating func next(_ input: inout ByteBuffer, _ out: inout ByteBuffer) -> Step {
        if isReadingText { return readText(&input, &out) }
        guard let line = readLine(&input) else { return .needsMore }
        guard let line else { return mistake("500 5.5.2 the line is too long", &out) }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            return mistake("500 5.5.2 a line ends with CR LF and has no other control character in it", &out)
        }
        if let login = state.takeLogin() { return perform(login.answered(line), &out) }
        return perform(SMTPCommand(line), length: line.count + 2, &out)
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

    private mutating func perform(_ command: SMTPCommand, length: Int, _ out: inout ByteBuffer) -> Step {
        guard length <= command.limit else { return mistake("500 5.5.2 the line is too long", &out) }
        if case .refused = state, command.verb != .quit { return mistake("503 5.5.1 only QUIT is left", &out) }
        let argument = command.argument
        switch command.verb {
        case .rcpt: return rcpt(argument, &out)
        case .mail: return mail(argument, &out)
        case .data: return argument.isEmpty ? data(&out) : takesNoArgument(&out)
        case .rset:
            guard argument.isEmpty else { return takesNoArgument(&out) }
            state.reset()
            return reply("250 2.0.0 OK\r\n", &out)
        case .ehlo, .helo: return hello(isExtended: command.verb == .ehlo, argument, &out)
        case .quit:
            guard argument.isEmpty else { return takesNoArgument(&out) }
            out.writeString("221 2.0.0 closing\r\n")
            return .close
        case .noop: return reply("250 2.0.0 OK\r\n", &out)
        case .auth: return auth(argument, &out)
        case .startTLS: return argument.isEmpty ? startTLS(&out) : takesNoArgument(&out)
        case .vrfy:
            guard !argument.isEmpty else { return mistake("501 5.5.4 VRFY needs an address", &out) }
            return reply("252 2.5.0 addresses are not verified; mails to them are taken\r\n", &out)
        case .help: return reply("214 2.0.0 see RFC 5321\r\n", &out)
        case .expn, .etrn, .bdat, .turn: return mistake("502 5.5.1 this command is not implemented", &out)
        case nil: return mistake("500 5.5.1 there is no such command", &out)
        }
    }

    // MARK: Replies

    func reply(_ line: String, _ out: inout ByteBuffer) -> Step {
        out.writeString(line)
        return .goOn
    }

    /// Refuses, and counts. A client that does nothing right is closed.
    mutating func mistake(_ line: String, _ out: inout ByteBuffer) -> Step {
        mistakes += 1
        for scalar in line.unicodeScalars { out.writeString(scalar.isASCII ? String(scalar) : "...") }
        out.writeString("\r\n")
        guard mistakes >= Self.mostMistakes else { return .goOn }
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
