import Mail
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One client's conversation by RFC 5321: bytes in, replies out. It knows no socket and no clock.
struct Conversation {
    /// What the connection is to do next.
    enum Step {
        /// Bring more bytes.
        case needsMore
        /// Nothing: the reply is written.
        case goOn
        /// Answer for this mail, then go on.
        case caught(Draft)
        /// Send the reply, then begin TLS.
        case startTLS
        /// Send the replies, then close.
        case close
        /// Close, no matter what the client hears.
        case drop
        /// Fall silent.
        case hang
    }

    private enum State {
        case command
        /// The banner was a refusal: only QUIT is left (RFC 5321, section 3.1).
        case refused
        case login(Login)
        case text(TextReader)
    }

    /// Of one mail, between MAIL and its end.
    private struct Envelope {
        let sender: String
        let number: Int
        let takesUTF8: Bool
        var recipients: [String] = []
        var asked = 0
        var slowness = Duration.zero
        var failsOnce: [String] = []
    }

    private let reception: Reception
    /// The connection's, from 1.
    private let number: Int
    private var state = State.command
    private var hasGreeted = false
    private var envelope: Envelope?
    private var user: String?
    private var usesTLS: Bool
    private var mistakes = 0
    private var skipsLine = false
    private var reserved = 0

    /// Wrong commands until the client is sent away.
    private static let patience = 20
    /// Memory for texts is reserved in steps of this; a text up to the first needs none.
    private static let reservation = 256 << 10

    init(number: Int, reception: Reception) {
        self.number = number
        self.reception = reception
        usesTLS = reception.settings.tls?.isImplicit ?? false
    }

    /// Which of the time limits runs.
    var isReadingText: Bool { if case .text = state { true } else { false } }

    /// The banner.
    mutating func greet(_ out: inout ByteBuffer) -> Step {
        if let step = fault(at: .banner, UInt64(number), &out) {
            state = .refused
            return step
        }
        out.writeString("220 \(reception.settings.name) ESMTP bgdemo inbox\r\n")
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
        reception.release(reserved)
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
        return obey(Command(line), length: line.count + 2, &out)
    }

    /// One line without its CR LF (or a broken one with what is wrong in it); nil inside where it was too long, nil
    /// where it is not whole.
    private mutating func readLine(_ input: inout ByteBuffer) -> ByteBufferView?? {
        let bytes = input.readableBytesView
        guard let end = bytes.firstIndex(of: 0x0a) else {
            if bytes.count >= Command.longest {
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
        guard end - bytes.startIndex < Command.longest else { return .some(nil) }
        let hasCR = end > bytes.startIndex && bytes[end - 1] == 0x0d
        return .some(hasCR ? bytes[bytes.startIndex..<(end - 1)] : bytes[bytes.startIndex...end])
    }

    private mutating func obey(_ command: Command, length: Int, _ out: inout ByteBuffer) -> Step {
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

    private func reply(_ line: String, _ out: inout ByteBuffer) -> Step {
        out.writeString(line)
        return .goOn
    }

    /// Refuses, and counts; whoever does nothing right is sent away.
    private mutating func mistake(_ line: String, _ out: inout ByteBuffer) -> Step {
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

    private func fault(at stage: Fault.Stage, _ key: UInt64, _ out: inout ByteBuffer) -> Step? {
        guard let action = reception.chaos.fault(at: stage, key: key) else { return nil }
        return Self.perform(action, "a fault at \(stage.rawValue) was asked for", &out)
    }

    static func perform(_ action: Fault.Action, _ reason: String, _ out: inout ByteBuffer) -> Step {
        switch action {
        case .reply(let code):
            out.writeString("\(code) \(code / 100).3.0 \(reason)\r\n")
            return code == 421 ? .close : .goOn
        case .drop: return .drop
        case .hang: return .hang
        }
    }

    // MARK: Greeting, TLS, login

    private mutating func hello(isExtended: Bool, _ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard !argument.allSatisfy({ $0 == 0x20 }) else { return mistake("501 5.5.4 say your name after it", &out) }
        if let step = fault(at: .ehlo, UInt64(number), &out) { return step }
        hasGreeted = true
        envelope = nil
        let settings = reception.settings
        guard isExtended else { return reply("250 \(settings.name)\r\n", &out) }
        out.writeString("250-\(settings.name)\r\n250-PIPELINING\r\n250-SIZE \(settings.maxSize)\r\n")
        if offersTLS { out.writeString("250-STARTTLS\r\n") }
        if settings.auth != nil, usesTLS || settings.tls == nil { out.writeString("250-AUTH PLAIN LOGIN\r\n") }
        return reply("250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n", &out)
    }

    private var offersTLS: Bool { reception.settings.tls != nil && !usesTLS }

    private mutating func startTLS(_ out: inout ByteBuffer) -> Step {
        guard offersTLS else {
            return mistake(usesTLS ? "503 5.5.1 TLS has begun already" : "502 5.5.1 there is no TLS here", &out)
        }
        guard hasGreeted else { return mistake("503 5.5.1 EHLO first", &out) }
        if let step = fault(at: .starttls, UInt64(number), &out) { return step }
        out.writeString("220 2.0.0 go ahead\r\n")
        return .startTLS
    }

    private mutating func auth(_ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard let credentials = reception.settings.auth else {
            return mistake("502 5.5.1 there is nothing to log in to", &out)
        }
        guard !offersTLS else { return mistake("538 5.7.11 STARTTLS first", &out) }
        guard hasGreeted, envelope == nil, user == nil else {
            return mistake("503 5.5.1 AUTH comes once, after EHLO and before MAIL", &out)
        }
        if let step = fault(at: .auth, UInt64(number), &out) { return step }
        return go(on: Login.begin(argument, credentials), &out)
    }

    private mutating func go(on turn: Login.Turn, _ out: inout ByteBuffer) -> Step {
        switch turn {
        case .ask(let challenge, let login):
            state = .login(login)
            return reply("334 \(challenge)\r\n", &out)
        case .welcome(let name):
            user = name
            return reply("235 2.7.0 welcome\r\n", &out)
        case .refuse(let line):
            return mistake(line, &out)
        }
    }

    // MARK: The mail

    private mutating func mail(_ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard hasGreeted else { return mistake("503 5.5.1 EHLO first", &out) }
        guard envelope == nil else { return mistake("503 5.5.1 one mail is under way; RSET forgets it", &out) }
        guard user != nil || !reception.settings.requireAuth else { return mistake("530 5.7.0 log in first", &out) }
        guard let from = PathArgument(argument, after: "FROM:") else {
            return mistake("501 5.5.4 it is MAIL FROM:<you@example.org>", &out)
        }
        var takesUTF8 = false
        if from.hasParameters {
            for (name, value) in from.parameters {
                switch (name, value) {
                case ("SIZE", let size?) where !size.isEmpty && size.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
                    guard let size = Int(size), size <= reception.settings.maxSize else {
                        return reply("552 5.3.4 at most \(reception.settings.maxSize) bytes are taken\r\n", &out)
                    }
                case ("BODY", let body?) where ["7BIT", "8BITMIME"].contains(body.uppercased()): continue
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
        if let rateLimit = reception.rateLimit, !rateLimit.admits() {
            out.writeString("421 4.7.0 too many mails a second; come again later\r\n")
            return .close
        }
        let number = reception.nextTransaction()
        if let step = fault(at: .mail, UInt64(number), &out) { return step }
        envelope = Envelope(sender: from.path, number: number, takesUTF8: takesUTF8)
        return reply("250 2.1.0 OK\r\n", &out)
    }

    private mutating func rcpt(_ argument: ByteBufferView, _ out: inout ByteBuffer) -> Step {
        guard let envelope else { return mistake("503 5.5.1 MAIL first", &out) }
        guard let to = PathArgument(argument, after: "TO:") else {
            return mistake("501 5.5.4 it is RCPT TO:<somebody@example.org>", &out)
        }
        guard !to.hasParameters else { return mistake("555 5.5.4 RCPT has no parameters here", &out) }
        if to.path.lowercased() != "postmaster", let refusal = refusal(of: to.path, envelope.takesUTF8) {
            return mistake(refusal, &out)
        }
        guard envelope.recipients.count < reception.settings.maxRecipients else {
            return reply("452 4.5.3 \(reception.settings.maxRecipients) recipients are enough\r\n", &out)
        }
        let asked = envelope.asked
        self.envelope?.asked += 1
        let key = UInt64(envelope.number) ^ Chaos.mix(UInt64(asked))
        if let step = fault(at: .rcpt, key, &out) { return step }
        let rule = AddressRule(to.path)
        if let refusal = rule.refusal { return Self.perform(refusal, "the address asked for it", &out) }
        self.envelope?.recipients.append(to.path)
        if rule.failsOnce { self.envelope?.failsOnce.append(to.path) }
        if rule.slowness > envelope.slowness { self.envelope?.slowness = rule.slowness }
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

    private mutating func data(_ out: inout ByteBuffer) -> Step {
        guard let envelope, envelope.asked > 0 else { return mistake("503 5.5.1 MAIL and RCPT first", &out) }
        guard !envelope.recipients.isEmpty else { return mistake("554 5.5.1 no recipient was taken", &out) }
        if let step = fault(at: .data, UInt64(envelope.number), &out) { return step }
        state = .text(TextReader(limit: reception.settings.maxSize))
        return reply("354 the text, then a line with a dot alone\r\n", &out)
    }

    private mutating func readText(_ input: inout ByteBuffer, _ out: inout ByteBuffer) -> Step {
        guard case .text(var reader) = state, let envelope else { return .needsMore }
        // Taken out of the state, so that the text has one owner and is not copied to grow.
        state = .command
        let isWhole = reader.read(&input)
        let hasRoom = reserve(reader.text.count)
        if !hasRoom { reader.refuse() }
        guard isWhole else {
            state = .text(reader)
            return .needsMore
        }
        reception.release(reserved)
        reserved = 0
        self.envelope = nil
        guard !reader.isTooLong else {
            return reply("552 5.3.4 at most \(reception.settings.maxSize) bytes are taken\r\n", &out)
        }
        mistakes = 0
        let mail = CaughtMail(
            id: 0, receivedAt: .now, sender: envelope.sender, recipients: envelope.recipients, raw: reader.text,
            connection: number, usedTLS: usesTLS, user: user)
        return .caught(Draft(mail: mail, slowness: envelope.slowness, failsOnce: envelope.failsOnce))
    }

    private mutating func reserve(_ bytes: Int) -> Bool {
        guard bytes > reserved + Self.reservation else { return true }
        guard reception.reserve(bytes - reserved) else { return false }
        reserved = bytes
        return true
    }
}
